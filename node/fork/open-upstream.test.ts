import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { developmentGenesis } from '../../config/genesis.ts'
import { loadSettings } from '../../config/settings.ts'
import { formatHeader } from '../../rpc/format/block.ts'
import { genesisBlock } from '../../storage/genesis-block.ts'
import { openUpstream } from './open-upstream.ts'

const cache = mkdtempSync(join(tmpdir(), 'pavm-open-upstream-'))
const { block, hash } = genesisBlock(developmentGenesis({ engine: 'instant' }))
let server: Server
let url: string

before(async () => {
  const answers: Readonly<Record<string, unknown>> = {
    eth_chainId: '0x5',
    eth_getBlockByNumber: formatHeader(block.header, hash),
    eth_getBalance: '0x0',
  }
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (piece) => {
      text += String(piece)
    })
    request.on('end', () => {
      const asked = JSON.parse(text) as { id: number; method: string } | { id: number; method: string }[]
      const answer = ({ id, method }: { id: number; method: string }) => ({ id, result: answers[method] })
      response.end(JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
after(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(cache, { recursive: true, force: true })
})

test('a block is found, and the files that were used longest ago go when all are too large', async () => {
  const settings = { ...loadSettings({ env: {}, flags: {} }).fork, cache, cacheTotalMegabytes: 1, retries: 0 }
  mkdirSync(join(cache, '5'), { recursive: true })
  const own = join(cache, '5', `0-${hash}.jsonl`)
  const files = [own, join(cache, '5', 'newer.jsonl'), join(cache, '5', 'older.jsonl'), join(cache, 'note.txt')]
  for (const [age, file] of files.entries()) {
    writeFileSync(file, '\n'.repeat(600_000))
    utimesSync(file, new Date(), new Date(Date.now() - (file === own ? 100 : age) * 1_000))
  }
  const upstream = await openUpstream({ url, block: 0n }, settings)
  assert.deepEqual(upstream.point, { chainId: 5n, number: 0n, hash })
  assert.deepEqual(upstream.header, block.header)
  await upstream.close()
  assert.deepEqual(files.map(existsSync), [true, false, false, true])
})
