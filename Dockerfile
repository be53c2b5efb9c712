# The whole site in one image: as it is it serves everything from /data; with the settings of a full stack the same image
# is web, realtime, worker or beat (the lines of the Procfile are the commands).

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=socialsite.settings
WORKDIR /srv
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --quiet -r requirements.txt \
    && /venv/bin/pip uninstall --quiet --yes pip setuptools
COPY . .
# Layers keep whole seconds only: with such times the site finds its static files collected and leaves them alone.
RUN find static -exec touch -d 2000-01-01 {} + \
    && DATA_DIR=/tmp/build STATIC_ROOT=/srv/.static SECRET_KEY=used-only-while-the-image-is-built-and-nowhere-else \
    /venv/bin/python -c "import django; django.setup(); from socialsite.management.commands import up; up.Command().collect_static()" \
    && /venv/bin/python -m compileall -q core socialsite accounts uploads feed chat moderation

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 PORT=8000 DATA_DIR=/data STATIC_ROOT=/srv/.static
COPY --from=build /venv /venv
COPY --from=build /srv /srv
RUN mkdir /data && chown 10001:10001 /data
WORKDIR /srv
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "deploy/healthcheck.py"]
CMD ["python", "manage.py", "up"]
