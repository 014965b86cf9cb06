// An HTTP/2 proxy (CONNECT) on Node's own http2 module: connect.mjs HOST PORT [CERTIFICATE KEY [http1]]
// With a certificate it speaks TLS; with http1 it does not choose h2. Where AUTHORIZATION is set, a request has to show it.
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';

const [host, port, certificate, key, http1] = process.argv.slice(2);
const wanted = process.env.AUTHORIZATION;

function reach(authority, then, failed) {
  const at = authority.lastIndexOf(':');
  const name = authority.slice(0, at).replace(/^\[|\]$/g, '');
  const socket = net.connect({ host: name, port: Number(authority.slice(at + 1)), allowHalfOpen: true, noDelay: true });
  socket.once('connect', () => then(socket));
  socket.once('error', error => failed(error));
  return socket;
}

function onStream(stream, headers) {
  stream.on('error', () => {});
  if (headers[':method'] !== 'CONNECT') {
    stream.respond({ ':status': 405 }, { endStream: true });
  } else if (wanted && headers['proxy-authorization'] !== wanted) {
    stream.respond({ ':status': 407, 'proxy-authenticate': 'Basic realm="test"' }, { endStream: true });
  } else {
    const socket = reach(headers[':authority'], () => {
      stream.respond({ ':status': 200 });
      socket.on('error', () => stream.close(http2.constants.NGHTTP2_CONNECT_ERROR));
      stream.pipe(socket);
      socket.pipe(stream);
    }, () => {
      if (!stream.headersSent && !stream.destroyed) {
        stream.respond({ ':status': 502 }, { endStream: true });
      }
    });
    stream.on('close', () => socket.destroy());
  }
}

let server;
if (http1) {
  server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
  server.on('connect', (request, client, head) => {
    const socket = reach(request.url, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.write(head);
      client.pipe(socket);
      socket.pipe(client);
    }, () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('error', () => socket.destroy());
  });
} else {
  const settings = { initialWindowSize: 1 << 20 };
  server = certificate
    ? http2.createSecureServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key), settings })
    : http2.createServer({ settings });
  server.on('session', session => session.setLocalWindowSize?.(16 << 20));
  server.on('stream', onStream);
}

server.listen(Number(port), host);
