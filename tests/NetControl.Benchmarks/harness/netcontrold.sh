# netcontrold, attached to the harness' TUN; the binary is $NETCONTROLD_BIN.
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
start() {
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
    config: "$([ "$MODE" = socks ] && echo "socks5://$SOCKS_ADDR:$SOCKS_PORT")"
Y
  sut_spawn "${NETCONTROLD_BIN:?}" --config "$WORK/netcontrold.yaml" --loops "$LOOPS"
}
