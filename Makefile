# Everything sets itself up; all that is needed is make and Python 3.11 or newer.
# PYTHON chooses the interpreter, HOST and PORT_BASE where the services listen (127.0.0.1, 8000 to 8004),
# DATABASE_URL and REDIS_URL existing servers, ARGS what is passed on to pytest.
.DEFAULT_GOAL := help
export PYTHON HOST PORT_BASE
RUN := .venv/bin/python -m
SET_UP := @sh local/setup.sh
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command 'make lock' pyproject.toml

.PHONY: help demo serve test faults security package-audit bench check lint format types architecture openapi docs-images openapi-lint reference settings lock migrate secrets docker-test image-check sbom clean ready-local ready-dev

help: ## What there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ready-local ## Load a sample programme, score it, print what comes of it (DATA=folder: your own CSV files)
	@exec $(RUN) local demo $(if $(DATA),--data '$(DATA)')

serve: ready-local ## Keep the stack running until Ctrl-C; its state stays in .run/ (DATA=local/sample: begins with that)
	@exec $(RUN) local serve $(if $(DATA),--data '$(DATA)')

test: ready-dev ## Every test, on real PostgreSQL and Valkey
	@exec $(RUN) pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

faults: ready-dev ## Everything killed at random under load, the long form (FAULTS_KILLS=60, FAULTS_SEED repeats a run)
	@FAULTS_KILLS=$${FAULTS_KILLS:-60} $(RUN) pytest tests/faults tests/migrations/test_upgrade_under_load.py \
		tests/engagement/test_mail_kills.py tests/scoring/test_recalculation_kills.py -s $(ARGS)

security: ready-dev ## Attacks on every operation, the long form (SECURITY_EXAMPLES=100, SECURITY_SEED), then package-audit
	@SECURITY_EXAMPLES=$${SECURITY_EXAMPLES:-100} $(RUN) pytest tests/security tests/shared/test_rate_limits.py \
		-n auto --maxprocesses 4 --dist load $(ARGS)
	@$(RUN) local.package_audit

package-audit: ready-dev ## Known weaknesses of the locked packages; asks a service on the network
	@$(RUN) local.package_audit

bench: ready-dev ## Everything in docs/performance.md, by turns with its reference (BENCH_SCALE=0.05: a small trial)
	@exec $(RUN) benchmarks

check: lint types architecture test ## What CI runs: lint, types, architecture, tests

lint: ready-dev ## Style and format
	@$(RUN) ruff check
	@$(RUN) ruff format --check

format: ready-dev ## Mend style and format
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

types: ready-dev ## Static types
	@$(RUN) mypy

architecture: ready-dev ## Who may import whom
	@.venv/bin/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

openapi: ready-dev ## Rewrite services/*/openapi.json and docs/openapi.json from the code
	@$(RUN) local.openapi

# The versions that are known to find nothing; with Node, and so outside of make check.
openapi-lint: ready-dev ## Redocly, Spectral and a TypeScript client on the OpenAPI documents; needs Node and a network
	npx --yes @redocly/cli@2.77.0 lint --config redocly.yaml docs/openapi.json services/*/openapi.json
	npx --yes @stoplight/spectral-cli@6.16.3 lint --fail-severity hint -r .spectral.yaml docs/openapi.json services/*/openapi.json
	@$(RUN) pytest -p no:xdist tests/clients/typescript/typescript_client.py

reference: ready-dev ## The API reference as static HTML, in docs/reference/
	@$(RUN) local.reference

docs-images: ready-local ## Draw the pictures in docs/images/ anew; needs pdftoppm
	@$(RUN) local.docs_images

settings: ready-dev ## Rewrite the table of settings in docs/configuration.md from the code
	@$(RUN) local.settings_table

lock: ready-dev ## Compile requirements*.txt from pyproject.toml, with hashes
	$(COMPILE) -o requirements.txt
	$(COMPILE) --group otel -c requirements.txt -o requirements-otel.txt
	$(COMPILE) --group local -c requirements.txt -o requirements-local.txt
	$(COMPILE) --group dev -c requirements-local.txt -c requirements-otel.txt -o requirements-dev.txt

migrate: ready-local ## Migrate the database that MIGRATION_DATABASE_URL names
	@$(RUN) bellwether migrate

secrets: ready-local ## Write random secrets for docker compose into secrets/, once
	@$(RUN) local.container_secrets

docker-test: ready-local ## The stack in containers, tried for real: from nothing, killed part by part, down and up
	@$(RUN) local.containers

image-check: ready-local ## The image: what weighs in it, whether two builds hold the same files, whether it starts with traces too
	@$(RUN) local.containers.image_check

sbom: ready-dev ## What the image is made of, as CycloneDX from the lock, into dist/
	@$(RUN) local.sbom

clean: ## Remove the virtual environment, caches and local state
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@if [ -f .run/data-folder ]; then rm -rf "$$(cat .run/data-folder)"; fi
	@rm -rf .run
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready-local:
	$(SET_UP) requirements-local.txt

ready-dev:
	$(SET_UP) requirements-dev.txt
