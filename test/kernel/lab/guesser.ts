/** Runs inside a namespace: guesses passwords of an agent from many addresses at once until it is ended, as fast as it is answered. */
import { Agent, get } from 'node:http';

/** Connections of each address. */
const CONNECTIONS = 3;

const [host = '', port = '', user = '', ...addresses] = process.argv.slice(2);

async function guessFrom(localAddress: string): Promise<void> {
  let tellWrong = () => process.stdout.write(`${localAddress} was told 401\n`);
  let guesses = 0;
  const guessOn = async (agent: Agent) => {
    for (;;) {
      const auth = `${user}:${localAddress} ${guesses++}`;
      const status = await new Promise<number>((resolve) => {
        const asked = get({ host, port, path: '/metrics', auth, agent, localAddress }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        asked.on('error', () => setTimeout(resolve, 100, 0)); // Closed to make room for others.
      });
      if (status !== 401) continue;
      tellWrong();
      tellWrong = () => true;
    }
  };
  const agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  await Promise.all(agents.map(guessOn));
}

await Promise.all(addresses.map(guessFrom));
