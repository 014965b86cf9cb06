# The servers behind each mode, in the far namespace; from Debian's shadowsocks-libev, stunnel4 and tinyproxy. Sourced by drivers.
# Each relays with one thread or one process for each connection, and most are slower than what is measured: CPU seconds per GB say more than rates.
SS_PORT=1388 SS_PASSWORD=bench TLS_PORT=1443 HTTP_PORT=3128
HOP_PIDS=()
hop_for() { # mode -> HOP, the proxy's configuration
  case $1 in
    direct) HOP="" ;;
    socks) HOP="socks5://$SOCKS_ADDR:$SOCKS_PORT" ;;
    ss-aes) SS_METHOD=aes-256-gcm HOP="ss://aes-256-gcm:$SS_PASSWORD@$UP_SRV:$SS_PORT" ;;
    ss-chacha) SS_METHOD=chacha20-ietf-poly1305 HOP="ss://chacha20-ietf-poly1305:$SS_PASSWORD@$UP_SRV:$SS_PORT" ;;
    tls) HOP="tls:sni=bench.test&certname=bench.test&ca=$WORK/hop.crt|socks5://$UP_SRV:$TLS_PORT" DRV_UDP=0 ;;
    h1) HOP="httpconnect://$UP_SRV:$HTTP_PORT?plain=true" DRV_UDP=0 ;;
    *) echo "unknown mode $1" >&2; return 2 ;;
  esac
}
hop_run() { "$BENCH" nsexec /run/netns/$SRV "$@" >"$WORK/hop.log" 2>&1 & HOP_PIDS+=($!); }
hop_up() { # mode
  local port
  case $1 in
    ss-*) hop_run ss-server -s "$UP_SRV" -p $SS_PORT -k $SS_PASSWORD -m $SS_METHOD -u --no-delay; port=$SS_PORT ;;
    tls)
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench.test -addext subjectAltName=DNS:bench.test \
        -keyout "$WORK/hop.key" -out "$WORK/hop.crt" 2>/dev/null
      printf 'foreground = yes\npid =\n[t]\naccept = %s:%s\nconnect = %s:%s\ncert = %s\nkey = %s\n' "$UP_SRV" $TLS_PORT "$SOCKS_ADDR" "$SOCKS_PORT" \
        "$WORK/hop.crt" "$WORK/hop.key" >"$WORK/hop.conf"
      hop_run stunnel4 "$WORK/hop.conf"; port=$TLS_PORT ;;
    h1)
      printf 'Port %s\nListen %s\nTimeout 600\nMaxClients 2000\nLogLevel Critical\n' $HTTP_PORT "$UP_SRV" >"$WORK/hop.conf"
      hop_run tinyproxy -d -c "$WORK/hop.conf"; port=$HTTP_PORT ;;
    *) return 0 ;;
  esac
  local i=0; while [ $i -lt 60 ] && [ -z "$("$BENCH" nsexec /run/netns/$SRV ss -Hltn "sport = :$port")" ]; do sleep 0.05; i=$((i+1)); done
}
hop_down() {
  local p; for p in "${HOP_PIDS[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null && wait "$p" 2>/dev/null; done
  HOP_PIDS=()
}
