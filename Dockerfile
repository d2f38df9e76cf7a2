# One image, every command: `docker run … lockhouse up`, `… lockhouse server run /flows/orders.bar`.

FROM python:3.11-slim AS build
WORKDIR /source
COPY requirements.lock ./
RUN python -m venv /opt/lockhouse \
 && /opt/lockhouse/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY console-assets console-assets
COPY src src
# The console's assets are built here; the image that runs holds no Node.
RUN /opt/lockhouse/bin/python -m pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 lockhouse && install -d -o lockhouse -g lockhouse -m 0700 /var/lib/lockhouse
COPY --from=build /opt/lockhouse /opt/lockhouse
ENV PATH=/opt/lockhouse/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LOCKHOUSE_DATA=/var/lib/lockhouse \
    LOCKHOUSE_HOST=0.0.0.0
USER lockhouse
VOLUME /var/lib/lockhouse
EXPOSE 8080 7800
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["lockhouse"]
CMD ["up"]
