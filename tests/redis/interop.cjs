// The other side of test_interop.c: node-redis on the same server.
//   node interop.cjs SOCKET read KEY...    prints each hash as a JSON object on a line, fields sorted
//   node interop.cjs SOCKET write          stores what standard input has, a line {"key": ..., "fields": {...}} each
'use strict';
const { createClient } = require('redis');

async function read(client, keys) {
    for (const key of keys) {
        const fields = Object.entries(await client.hGetAll(key)).sort();
        console.log(JSON.stringify(Object.fromEntries(fields)));
    }
}

async function write(client) {
    const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter((line) => line !== '');
    for (const line of lines) {
        const { key, fields } = JSON.parse(line);
        await client.hSet(key, fields);
    }
}

async function main([socket, what, ...rest]) {
    const client = createClient({ socket: { path: socket } });
    await client.connect();
    if (what === 'read')
        await read(client, rest);
    else
        await write(client);
    await client.quit();
}

main(process.argv.slice(2)).catch((error) => {
    console.error(String(error));
    process.exit(1);
});
