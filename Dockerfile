# One image for every process of the house; compose names the command. Behind a company's package mirror, pass pip's
# configuration as the build secret `pip_config`: it is read while building and does not stay in the image.
# With traces for OpenTelemetry: --build-arg REQUIREMENTS=requirements-otel.txt
# Two builds of one commit hold the same files: bytecode without times in it, and one time for all files (make image-check).
FROM python:3.13-slim AS built
ARG REQUIREMENTS=requirements.txt
ARG SOURCE_DATE_EPOCH=0
COPY ${REQUIREMENTS} /requirements.txt
RUN --mount=type=secret,id=pip_config,target=/etc/pip.conf \
    python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: --no-deps --no-compile \
        --no-cache-dir --disable-pip-version-check --root-user-action ignore --requirement /requirements.txt
WORKDIR /app
COPY LICENSE ./
COPY shared shared
COPY services services
COPY migrations migrations
COPY bellwether bellwether
COPY --chmod=0755 deploy/bellwether /opt/venv/bin/bellwether
# What only those need who test, compile against or type-check a package stays out. Bytecode is made here, since the root
# file system is read-only where this runs; by one process, since the order in which it works shows in it.
RUN cd /opt/venv/lib/python3*/site-packages \
    && find . -depth -type d \( -name tests -o -name _pyinstaller -o -path ./numpy/f2py -o -path ./numpy/_core/include \) -exec rm -r {} + \
    && find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' -o -name '*.a' \
        -o -path ./fastapi_offline/static/redoc.standalone.js \) -delete \
    && /opt/venv/bin/python -m compileall -q -j 1 --invalidation-mode unchecked-hash . /app \
    && find /opt/venv /app -exec touch --no-dereference --date "@${SOURCE_DATE_EPOCH}" {} +

FROM python:3.13-slim
COPY --from=built /opt/venv /opt/venv
COPY --from=built /app /app
WORKDIR /app
# A volume that is mounted here belongs to the unprivileged user.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/bellwether/files
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "services.registry.main"]
