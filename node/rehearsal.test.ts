import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { askCompiler, compileRequest } from '../execution/parallel/fixtures/compile-request.ts'
import { type DevChain, SILENT as log, openDevChain } from './fixtures/dev-chain.ts'
import type { NodeChain } from './node-chain.ts'
import { rehearse } from './rehearsal.ts'

async function openChain(t: TestContext): Promise<DevChain> {
  const chain = await openDevChain(t)
  t.after(() => chain.core.close())
  return chain
}

function balanceOf({ storage }: NodeChain, address: `0x${string}`): bigint | undefined {
  return storage.states.headView().account(address)?.balance
}

test('a rehearsal ends when it is not wanted any more, and leaves nothing', async (t) => {
  const { settings, core, accounts } = await openChain(t)
  const directory = join(settings.dataDir, 'rehearsal')
  // As one leaves it whose process was killed.
  mkdirSync(join(directory, 'chain'), { recursive: true })
  const before = balanceOf(core, accounts[0]!.address)
  let asked = 0
  await rehearse(settings, { log, accounts, core }, () => {
    assert.ok(existsSync(join(directory, 'chain', 'CURRENT')))
    return ++asked <= 5
  })
  assert.equal(asked, 6)
  assert.ok(!existsSync(directory))
  assert.equal(core.chain.head().header.number, 0n)
  assert.equal(balanceOf(core, accounts[0]!.address), before)
})

test('the server at the port is asked for nothing, and where it refuses, the rehearsal ends and leaves nothing', async (t) => {
  const { settings, core, accounts } = await openChain(t)
  const posted: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    posted.push(`${request.method} ${request.headers['content-type']} ${body}`)
    if (posted.length > 20) response.statusCode = 503
    response.setHeader('content-length', 2).end('{}')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await assert.rejects(
    rehearse(settings, { log, accounts, core, port }, () => true),
    /503/,
  )
  assert.equal(posted.length, 21)
  assert.deepEqual(new Set(posted), new Set(['POST application/json []']))
  assert.ok(!existsSync(join(settings.dataDir, 'rehearsal')))
})

test('the compiler of the node is there after a rehearsal', async (t) => {
  const { settings, core, accounts } = await openChain(t)
  await rehearse(settings, { log, accounts, core }, () => false)
  const port = core.execution.compiler.connect()
  t.after(() => port.close())
  // An endless loop.
  const [answer] = await askCompiler(port, compileRequest(Uint8Array.of(0x5b, 0x5f, 0x56), { id: 'asked' }))
  assert.equal(answer!.id, 'asked')
  assert.ok(answer!.module !== undefined, answer!.reason)
})

test('where there is no account to send from, nothing is rehearsed', async (t) => {
  const { settings, core } = await openChain(t)
  await rehearse(settings, { log, accounts: [], core }, () => assert.fail('it is rehearsed'))
})
