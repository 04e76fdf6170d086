import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MemoryNode } from '../../rpc/fixtures/memory-node.ts'
import { RpcClient } from '../../rpc/fixtures/rpc-client.ts'
import { REFUSED_METHODS } from '../../rpc/refused.ts'
import type { KnownMethods } from './ask-methods.ts'
import { METHOD_NAMES } from './method-names.ts'
import { methodsDocument } from './methods-document.ts'

const knows = (served: readonly string[], refused: readonly string[] = []): KnownMethods => ({
  version: 'a node 1.0',
  served: new Set(served),
  refused: new Set(refused),
})

test('methods that the same nodes know are a row, with the reason where pavm refuses them', () => {
  const page = methodsDocument({
    'pavm dev': knows(['eth_call', 'eth_sign', 'evm_mine'], ['debug_dbGet']),
    'pavm node': knows(['eth_call', 'eth_sign'], ['debug_dbGet', 'evm_mine']),
    anvil: knows(['eth_call', 'eth_sign', 'evm_mine', 'debug_dbGet']),
    'Hardhat node': knows(['eth_call', 'eth_sign', 'evm_mine']),
    'geth --dev': knows(['eth_call', 'eth_sign', 'debug_dbGet']),
  })
  assert.ok(page.includes('| `eth_call` `eth_sign` | ● | ● | ● | ● | ● |  |'))
  assert.ok(page.includes('| `evm_mine` | ● | ○ | ● | ● |  | the chain of a network is nobody’s to control |'))
  assert.ok(page.includes(`| \`debug_dbGet\` | ○ | ○ | ● |  | ● | ${REFUSED_METHODS.get('debug_dbGet')} |`))
})

test('what pavm neither serves nor refuses with a reason makes no page', () => {
  const nothing = knows([])
  assert.throws(
    () =>
      methodsDocument({
        'pavm dev': nothing,
        'pavm node': nothing,
        anvil: knows(['anvil_somethingNew']),
        'Hardhat node': nothing,
        'geth --dev': nothing,
      }),
    /anvil_somethingNew: pavm neither serves it nor says why not/,
  )
})

test('docs/methods.md names all that the server has and all of the list', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'methods.md'), 'utf8')
  const { methods } = new RpcClient(new MemoryNode())
  for (const name of [...methods.keys(), ...METHOD_NAMES]) assert.ok(page.includes(`\`${name}\``), name)
})
