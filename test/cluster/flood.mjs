// New UDP flows to the node's spare addresses, 2,000 a second, for as many milliseconds as the argument says.
import { createSocket } from 'node:dgram';

const untilMs = performance.now() + Number(process.argv[2]);
const socket = createSocket('udp4');
socket.on('error', (error) => console.error(error.message));
let flow = 0;
const timer = setInterval(() => {
  if (performance.now() >= untilMs) {
    clearInterval(timer);
    socket.close();
    return;
  }
  for (let i = 0; i < 20; i++, flow++) {
    const [high, low] = [(flow >> 8) & 255, flow & 255];
    socket.send('x', 1024 + ((flow >> 16) & 16_383), `10.98.${high}.${low}`);
  }
}, 10);
