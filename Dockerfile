# The default target is the native build in an image that holds nothing else: no shell, no package manager. `--target debug` is the ordinary
# build with a shell, iproute2 and the .NET runtime around it.
#
#   docker build -t netcontrol --build-arg VERSION=1.2.3 --build-arg COMMIT=$(git rev-parse HEAD) .
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG DEPS_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0
ARG ASPNET_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS source
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY protos protos
COPY src src

FROM source AS native
# What the ahead-of-time compiler links with.
RUN apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends gcc libc6-dev zlib1g-dev >/dev/null \
    && rm -rf /var/lib/apt/lists/*
ARG VERSION=""
ARG COMMIT=""
RUN --mount=type=cache,target=/root/.nuget/packages \
    rid=linux-$(dpkg --print-architecture | sed s/amd64/x64/); \
    for project in Server Cli; do \
      dotnet publish src/NetControl.$project -c Release -r "$rid" -o /out \
        ${VERSION:+-p:Version=$VERSION} ${COMMIT:+-p:SourceRevisionId=$COMMIT} || exit 1; \
    done; \
    rm -f /out/*.dbg /out/*.pdb /out/*.xml /out/*.json

FROM source AS ordinary
ARG VERSION=""
ARG COMMIT=""
RUN --mount=type=cache,target=/root/.nuget/packages \
    for project in Server Cli; do \
      dotnet publish src/NetControl.$project -c Release -p:PublishAot=false --no-self-contained -o /out \
        ${VERSION:+-p:Version=$VERSION} ${COMMIT:+-p:SourceRevisionId=$COMMIT} || exit 1; \
    done

# What the native image holds: the programs, the libraries that they link with, OpenSSL (loaded when TLS is spoken), authorities, and who is
# who. Root's group may write where state goes, for root without CAP_DAC_OVERRIDE, and for platforms that choose a user of that group.
FROM ${DEPS_IMAGE} AS files
COPY --from=native /out/ /files/usr/local/bin/
COPY LICENSE /files/usr/share/doc/netcontrol/LICENSE
WORKDIR /files
RUN mkdir -p etc/ssl/certs etc/netcontrol run/netcontrol var/lib/netcontrol \
    && mkdir -m 1777 tmp \
    && { ldd usr/local/bin/* | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*\) .*/\1/p'; \
         ldconfig -p | sed -n 's/.*\(libssl\|libcrypto\)\.so\.3 .*=> //p'; \
         ldconfig -p | sed -n 's/.*libcrypto\.so\.3 .*=> //p' | xargs -n1 ldd | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p'; } \
       | sort -u | xargs cp -L --parents -t . \
    && cp -L /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ \
    && echo 'hosts: files dns' >etc/nsswitch.conf \
    && printf 'root:x:0:0::/:/sbin/nologin\nnetcontrol:x:20035:20035::/:/sbin/nologin\n' >etc/passwd \
    && printf 'root:x:0:\nnetcontrol:x:20035:\n' >etc/group \
    && chown 20035:0 run/netcontrol var/lib/netcontrol && chmod 0775 run/netcontrol && chmod 0770 var/lib/netcontrol

FROM ${ASPNET_IMAGE} AS debug
RUN apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends iproute2 >/dev/null \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 20035 netcontrol && useradd --no-log-init --uid 20035 --gid 20035 --no-create-home netcontrol \
    && install -d -o netcontrol -g root -m 0775 /run/netcontrol && install -d -o netcontrol -g root -m 0770 /var/lib/netcontrol
COPY --from=ordinary /out/ /opt/netcontrol/
RUN ln -s /opt/netcontrol/netcontrold /opt/netcontrol/netctl /usr/local/bin/
USER 20035:20035
EXPOSE 9464 50051
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/netctl", "health"]
ENTRYPOINT ["/usr/local/bin/netcontrold"]

FROM scratch
ARG VERSION="0.1.0"
ARG COMMIT=""
LABEL org.opencontainers.image.title="NetControl" \
      org.opencontainers.image.description="Turns a TUN device into controlled egress, driven over gRPC." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=files /files/ /
# Nobody in particular, and not the user of an application beside it: loop avoidance by user depends on that.
USER 20035:20035
EXPOSE 9464 50051
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/netctl", "health"]
ENTRYPOINT ["/usr/local/bin/netcontrold"]
