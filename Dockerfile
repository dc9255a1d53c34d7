# One image for every process of the house; compose names the command. Behind a company's package mirror, pass pip's
# configuration as the build secret `pip_config`: it is read while building and does not stay in the image.
# With traces for OpenTelemetry: --build-arg REQUIREMENTS=requirements-otel.txt
FROM python:3.13-slim AS packages
ARG REQUIREMENTS=requirements.txt
COPY ${REQUIREMENTS} /requirements.txt
RUN --mount=type=secret,id=pip_config,target=/etc/pip.conf \
    python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: --no-deps \
        --no-cache-dir --disable-pip-version-check --root-user-action ignore --requirement /requirements.txt

FROM python:3.13-slim
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY LICENSE ./
COPY shared shared
COPY services services
COPY migrations migrations
COPY bellwether bellwether
COPY --chmod=0755 deploy/bellwether /opt/venv/bin/bellwether
# Compiled here, since the root file system is read-only where this runs.
RUN ["/opt/venv/bin/python", "-m", "compileall", "-q", "-j", "0", "/app"]
# A volume that is mounted here belongs to the unprivileged user.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/bellwether/files
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "services.registry.main"]
