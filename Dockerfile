# The agent on a small glibc base, without a shell. Both bases are arguments, for places with a registry of their own; the
# defaults are public. BUILD_BASE needs node in /usr/local/bin, npm and a shell; its node is the one that runs. RUNTIME_BASE needs
# glibc and libstdc++. CONTRIBUTING.md says how the tests build it without any registry.
ARG BUILD_BASE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_BASE=gcr.io/distroless/cc-debian12:nonroot

# Runs as the machine that builds, whatever it builds for: JavaScript has no platform, and koffi's binary is chosen by name.
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# A registry of one's own needs an .npmrc, and maybe an authority: `--secret id=npmrc,src=...` and `--secret id=ca,src=...`.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca; fi && \
    npm ci --ignore-scripts
COPY build.mjs tsconfig.json ./
COPY src src
ARG BUILD_REVISION=unknown
RUN node build.mjs

# All that is of a platform: koffi's prebuilt library. From the same lock file, for the platform the image is for.
ARG TARGETARCH=amd64
WORKDIR /native
RUN cp /build/package.json /build/package-lock.json /build/.npmrc .
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca; fi && \
    case "$TARGETARCH" in amd64) cpu=x64 ;; *) cpu=$TARGETARCH ;; esac && \
    npm ci --omit=dev --ignore-scripts --os=linux --cpu=$cpu --libc=glibc

# The image's files as they will lie, all of one time, so that the same commit makes the same image.
ARG SOURCE_DATE_EPOCH=0
RUN case "$TARGETARCH" in amd64) cpu=x64 ;; *) cpu=$TARGETARCH ;; esac && \
    app=/image/opt/conntrack-agent lib=node_modules/@koromix/koffi-linux-$cpu && \
    mkdir -p $app/node_modules/koffi/src $app/$lib /image/usr/local/bin && \
    cp -r /build/dist /build/package.json $app/ && \
    cd /native && \
    cp node_modules/koffi/package.json node_modules/koffi/*.js node_modules/koffi/*.cjs node_modules/koffi/LICENSE.txt $app/node_modules/koffi/ && \
    cp -r node_modules/koffi/src/koffi $app/node_modules/koffi/src/ && \
    cp -r $lib/package.json $lib/index.js $lib/linux_$cpu $app/$lib/ && \
    rm -f $app/node_modules/koffi/cnoke.cjs && \
    find $app/node_modules/koffi/src -type f ! -name '*.js' ! -name '*.cjs' ! -name '*.json' -delete && \
    printf '%s\n' '#!/usr/local/bin/node --max-semi-space-size=1' "require('/opt/conntrack-agent/dist/probe.cjs');" \
      >/image/usr/local/bin/conntrack-agent && \
    chmod -R u=rwX,go=rX /image && chmod 755 /image/usr/local/bin/conntrack-agent && \
    find /image -depth -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# Of the platform the image is for; nothing of it is run here.
FROM ${BUILD_BASE} AS node

FROM ${RUNTIME_BASE}
ARG BUILD_REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="conntrack-agent" \
      org.opencontainers.image.description="Watches a Linux node's connection-tracking table: how full, when full, what is lost and why" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/conntrack-agent/conntrack-agent" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$BUILD_REVISION"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build /image /
# Numbers, because the kubelet cannot tell from a name whether it is root.
USER 65532:65532
WORKDIR /
ENV PATH=/usr/local/bin NODE_ENV=production
EXPOSE 10098
# The limits of the heap are those of src/config/v8-flags.ts.
ENTRYPOINT ["/usr/local/bin/node", "--max-old-space-size=32", "--max-semi-space-size=1", "--no-concurrent-recompilation", "/opt/conntrack-agent/dist/conntrack-agent.js"]
