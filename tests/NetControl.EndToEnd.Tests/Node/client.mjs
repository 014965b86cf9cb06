// An orchestrator that is not ours: a client made at run time from the protos. Speaks to the test in lines of JSON.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { createInterface } from 'node:readline';
import { randomUUID } from 'node:crypto';

const [address, protos] = process.argv.slice(2);
const files = ['device', 'proxy', 'delegate', 'session', 'configuration', 'info'].map(name => `netcontrol/v1/${name}.proto`);
const definition = loader.loadSync(files, {
  includeDirs: [protos, new URL('./node_modules/protobufjs', import.meta.url).pathname],
  enums: String, longs: String, defaults: true, oneofs: true,
});
const { v1 } = grpc.loadPackageDefinition(definition).netcontrol;
const client = name => new v1[name](address, grpc.credentials.createInsecure());
const call = (stub, method, request) => new Promise((resolve, reject) =>
  stub[method](request, (error, answer) => error ? reject(error) : resolve(answer)));
const say = (what, value) => console.log(JSON.stringify({ what, value }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = () => lines.next();

const devices = client('DeviceService'), proxies = client('ProxyService'), delegates = client('DelegateService');
const sessions = client('SessionService'), configuration = client('ConfigurationService');

const changes = configuration.WatchResources({ collections: ['delegates', 'devices'] });
changes.on('data', message => message.changed && say('change', { type: message.changed.type, name: message.changed.name }));
changes.on('error', () => {});
const events = sessions.StreamSessionEvents({ snapshot: true, heartbeatInterval: { seconds: 1 } });
events.on('data', message => message.events?.events.forEach(e =>
  say('event', { kind: e.kind, device: e.session.device, generation: e.session.generation, proxy: e.session.proxy })));
events.on('error', () => {});
await new Promise(resolve => events.once('data', resolve));

for (const [id, config] of [['one', ''], ['two', '']]) {
  await call(proxies, 'CreateProxy', { proxyId: id, proxy: { config }, requestId: randomUUID() });
}
await call(delegates, 'CreateDelegate', { delegateId: 'foreign', delegate: { proxy: 'proxies/one' } });
for (const [method, field] of [['AttachStreamDialer', 'streamDialer'], ['AttachPacketProxy', 'packetProxy']]) {
  const { device } = await call(devices, method, { name: 'devices/tun0', [field]: 'delegates/foreign' });
  say('attached', device[field]);
}
const { device } = await call(devices, 'CreateDevice', { deviceId: 'tun7', device: { addresses: ['10.78.0.1/24'], streamDialer: 'delegates/foreign' } });
say('created', device);

say('ready');
await heard();
const request = { name: 'delegates/foreign', proxy: 'proxies/two', existing: 'EXISTING_SESSIONS_KEEP', requestId: randomUUID() };
const first = await call(delegates, 'SwapDelegate', request);
const again = await call(delegates, 'SwapDelegate', request);
say('swapped', { generation: first.generation, again: again.generation });
await heard();
try {
  await call(delegates, 'SwapDelegate', { name: 'delegates/foreign', proxy: 'proxies/none' });
} catch (error) {
  say('refused', { code: error.code, details: error.metadata.get('grpc-status-details-bin').length });
}
await call(devices, 'DeleteDevice', { name: 'devices/tun7' });
events.cancel();
changes.cancel();
say('done');
process.exit(0);
