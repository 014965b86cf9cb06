// A Shadowsocks server of the 2022 edition, written from SIP022 and SIP023, on cryptography that is not the project's: Node's and noble's.
// Usage: node shadowsocks2022.mjs METHOD KEYS ADDRESS PORT; KEYS as in a client's password: "psk" or "identity-psk:user-psk".
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { blake3 } from '@noble/hashes/blake3.js';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

const [method, password, address, port] = process.argv.slice(2);
const keys = password.split(':').map((key) => Buffer.from(key, 'base64'));
const user = keys[keys.length - 1];
const length = user.length;
const chacha = method.includes('chacha');
const aead = chacha ? 'chacha20-poly1305' : `aes-${length * 8}-gcm`;

const derive = (context, key, salt) => Buffer.from(blake3(Buffer.concat([key, salt]), { context: Buffer.from(context) })).subarray(0, key.length);
const subkey = (salt) => derive('shadowsocks 2022 session subkey', user, salt);
const hash = (key) => Buffer.from(blake3(key)).subarray(0, 16);
const now = () => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000))); return b; };
const fresh = (bytes) => Math.abs(Number(bytes.readBigUInt64BE()) - Date.now() / 1000) <= 31;
const must = (truth, what) => { if (!truth) throw new Error(what); };

function seal(key, nonce, text) {
  const cipher = crypto.createCipheriv(aead, key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function open(key, nonce, bytes) {
  const cipher = crypto.createDecipheriv(aead, key, nonce, { authTagLength: 16 });
  cipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]);
}

function block(key, bytes, decrypt) {
  const make = decrypt ? crypto.createDecipheriv : crypto.createCipheriv;
  const cipher = make(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

const xor = (a, b) => Buffer.from(a.map((value, i) => value ^ b[i]));
const counter = (operation) => { const nonce = Buffer.alloc(12); nonce.writeBigUInt64LE(BigInt(operation)); return nonce; };

function readAddress(bytes) {
  const [host, end] = bytes[0] === 1 ? [[...bytes.subarray(1, 5)].join('.'), 5]
    : bytes[0] === 4 ? [[0, 1, 2, 3, 4, 5, 6, 7].map((i) => bytes.readUInt16BE(1 + 2 * i).toString(16)).join(':'), 17]
    : [bytes.subarray(2, 2 + bytes[1]).toString(), 2 + bytes[1]];
  return { host, port: bytes.readUInt16BE(end), rest: bytes.subarray(end + 2) };
}

function writeAddress(from) {
  const tail = Buffer.alloc(2);
  tail.writeUInt16BE(from.port);
  if (from.family === 'IPv4') return Buffer.concat([Buffer.from([1, ...from.address.split('.').map(Number)]), tail]);
  const [left, right] = from.address.split('::').map((half) => half.split(':').filter((part) => part));
  const parts = right ? [...left, ...Array(8 - left.length - right.length).fill('0'), ...right] : left;
  const bytes = Buffer.alloc(17);
  bytes[0] = 4;
  parts.forEach((part, i) => bytes.writeUInt16BE(parseInt(part, 16), 1 + 2 * i));
  return Buffer.concat([bytes, tail]);
}

net.createServer({ allowHalfOpen: true, noDelay: true }, async (client) => {
  client.on('error', () => {});
  try {
    await serve(client);
  } catch (error) {
    console.error(String(error));
    client.resetAndDestroy();
  }
}).listen(Number(port), address, () => console.log('ready'));

async function serve(client) {
  let buffer = Buffer.alloc(0);
  const pieces = client[Symbol.asyncIterator]();
  const take = async (count) => {
    while (buffer.length < count) {
      const { value, done } = await pieces.next();
      if (done) { must(buffer.length === 0, 'cut'); return null; }
      buffer = Buffer.concat([buffer, value]);
    }
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return taken;
  };

  const salt = await take(length);
  if (!salt) { client.end(); return; }
  for (let i = 0; i + 1 < keys.length; i++) {
    const header = block(derive('shadowsocks 2022 identity subkey', keys[i], salt), await take(16), true);
    must(header.equals(hash(keys[i + 1])), 'unknown identity');
  }

  const key = subkey(salt);
  let operation = 0;
  const first = open(key, counter(operation++), await take(27));
  must(first[0] === 0 && fresh(first.subarray(1)), 'header');
  const second = open(key, counter(operation++), await take(first.readUInt16BE(9) + 16));
  const target = readAddress(second);
  const padding = target.rest.readUInt16BE();
  const data = target.rest.subarray(2 + padding);
  must(padding > 0 || data.length > 0, 'neither padding nor data');

  const upstream = net.connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true });
  upstream.on('error', () => client.resetAndDestroy());
  client.on('close', () => upstream.destroy());
  if (data.length) upstream.write(data);
  respond(client, upstream, salt);
  for (let size; (size = await take(18));) {
    const count = open(key, counter(operation++), size).readUInt16BE();
    const chunk = open(key, counter(operation++), await take(count + 16));
    if (!upstream.write(chunk)) await new Promise((resolve) => upstream.once('drain', resolve));
  }
  upstream.end();
}

function respond(client, upstream, requestSalt) {
  const salt = crypto.randomBytes(length);
  const key = subkey(salt);
  let operation = 0;
  upstream.on('data', (bytes) => {
    for (let at = 0; at < bytes.length; at += 0xffff) {
      const data = bytes.subarray(at, at + 0xffff);
      const size = Buffer.alloc(2);
      size.writeUInt16BE(data.length);
      const head = operation === 0
        ? Buffer.concat([salt, seal(key, counter(operation++), Buffer.concat([Buffer.from([1]), now(), requestSalt, size]))])
        : seal(key, counter(operation++), size);
      if (!client.write(Buffer.concat([head, seal(key, counter(operation++), data)]))) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
    }
  });
  upstream.on('end', () => client.end());
}

const sessions = new Map();
const server = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
server.on('message', (datagram, from) => {
  try {
    let id;
    let message;
    if (chacha) {
      const body = Buffer.from(xchacha20poly1305(user, datagram.subarray(0, 24)).decrypt(datagram.subarray(24)));
      [id, message] = [body.subarray(0, 16), body.subarray(16)];
    } else {
      id = block(keys[0], datagram.subarray(0, 16), true);
      let at = 16;
      for (let i = 0; i + 1 < keys.length; i++, at += 16) {
        must(xor(block(keys[i], datagram.subarray(at, at + 16), true), id).equals(hash(keys[i + 1])), 'unknown identity');
      }
      message = open(subkey(id.subarray(0, 8)), id.subarray(4), datagram.subarray(at));
    }

    must(message[0] === 0 && fresh(message.subarray(1)), 'header');
    const target = readAddress(message.subarray(11 + message.readUInt16BE(9)));
    relay(Buffer.from(id.subarray(0, 8)), id.readBigUInt64BE(8), target, from);
  } catch (error) {
    console.error(String(error));
  }
});
server.bind(Number(port), address);

function relay(client, number, target, from) {
  const v6 = target.host.includes(':');
  const name = `${client.toString('hex')} ${v6}`;
  let session = sessions.get(name);
  if (!session) {
    session = { socket: dgram.createSocket(v6 ? 'udp6' : 'udp4'), seen: new Set(), id: crypto.randomBytes(8), sent: 0n };
    sessions.set(name, session);
    session.socket.on('error', () => {});
    session.socket.on('message', (payload, source) => answer(session, client, payload, source));
  }
  must(!session.seen.has(number), 'replayed');
  session.seen.add(number);
  session.from = from;
  session.socket.send(target.rest, target.port, target.host);
}

function answer(session, client, payload, source) {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(session.sent++);
  const id = Buffer.concat([session.id, number]);
  const message = Buffer.concat([Buffer.from([1]), now(), client, Buffer.from([0, 3, 9, 9, 9]), writeAddress(source), payload]);
  const nonce = crypto.randomBytes(24);
  const datagram = chacha
    ? Buffer.concat([nonce, Buffer.from(xchacha20poly1305(user, nonce).encrypt(Buffer.concat([id, message])))])
    : Buffer.concat([block(user, id, false), seal(subkey(session.id), id.subarray(4), message)]);
  server.send(datagram, session.from.port, session.from.address);
}
