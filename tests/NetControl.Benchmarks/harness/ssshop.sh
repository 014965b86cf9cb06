# No tunnel: applications speak SOCKS5 to ss-local, which speaks Shadowsocks to ss-server: what those two reach by themselves. mode: ss-aes, ss-chacha
DRV_TUN=none DRV_SRC4="" DRV_SRC6="" DRV_UDP=0 DRV_IPV6=0 DRV_SOCKS=$UP_CLI:1081
. "$(dirname "${BASH_SOURCE[0]}")/hops.sh"
hop_for "$MODE" || exit 2
start() {
  hop_up "$MODE"
  sut_spawn ss-local -s "$UP_SRV" -p "$SS_PORT" -b "$UP_CLI" -l 1081 -k "$SS_PASSWORD" -m "$SS_METHOD" --reuse-port --no-delay
}
stop() { hop_down; }
