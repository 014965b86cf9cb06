// A WebSocket server on the ws package: websocket.mjs HOST PORT TARGETHOST TARGETPORT
// Messages at /tcp are bytes of a TCP connection to the target, messages at /udp are datagrams to it.
import dgram from 'node:dgram';
import http from 'node:http';
import net from 'node:net';
import { WebSocketServer, createWebSocketStream } from 'ws';

const [host, port, targetHost, targetPort] = process.argv.slice(2);
const server = http.createServer((request, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });

server.on('upgrade', (request, client, head) => {
  if (request.url !== '/tcp' && request.url !== '/udp') {
    client.end('HTTP/1.1 404 Not Found\r\n\r\n');
    return;
  }

  sockets.handleUpgrade(request, client, head, socket => {
    setInterval(() => socket.ping('are you there'), 50).unref();
    if (request.url === '/tcp') {
      const target = net.connect({ host: targetHost, port: Number(targetPort), noDelay: true });
      const stream = createWebSocketStream(socket);
      stream.on('error', () => target.destroy());
      target.on('error', () => socket.terminate());
      stream.pipe(target);
      target.pipe(stream);
    } else {
      const target = dgram.createSocket('udp4');
      socket.on('message', data => target.send(data, Number(targetPort), targetHost));
      target.on('message', data => socket.send(data));
      socket.on('error', () => {});
      socket.on('close', () => target.close());
    }
  });
});

server.listen(Number(port), host);
