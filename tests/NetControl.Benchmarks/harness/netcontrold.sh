# netcontrold, attached to the harness' TUN; the binary is $NETCONTROLD_BIN.
# mode: direct, socks (the harness' server), ss-aes and ss-chacha (ss-server), tls (stunnel before the harness' server), h1 (tinyproxy)
# opt: sq = single-queue TUN (default: one queue for each event loop); loops=N = that many event loops; nooff = without offload; + joins them
DRV_TUN=persist-mq
LOOPS=0 OFFLOAD=
for o in ${OPT//+/ }; do
  case $o in
    sq) DRV_TUN=persist ;;
    loops=*) LOOPS=${o#loops=} ;;
    nooff) OFFLOAD="disableOffload: true" ;;
    *) echo "netcontrold.sh: unknown option $o" >&2; exit 2 ;;
  esac
done
. "$(dirname "${BASH_SOURCE[0]}")/hops.sh"
hop_for "$MODE" || exit 2
start() {
  hop_up "$MODE"
  cat >"$WORK/netcontrold.yaml" <<Y
listen:
  grpc: ["unix:$WORK/netcontrold.sock"]
  http: "http://127.0.0.1:0"
devices:
  - name: devices/$TUN
    streamDialer: delegates/egress
    packetProxy: delegates/egress
    $OFFLOAD
delegates:
  - name: delegates/egress
    proxy: proxies/upstream
proxies:
  - name: proxies/upstream
    config: "$HOP"
Y
  sut_spawn "${NETCONTROLD_BIN:?}" --config "$WORK/netcontrold.yaml" --loops "$LOOPS"
}
stop() { hop_down; }
