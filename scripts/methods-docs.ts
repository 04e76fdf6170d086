// Writes docs/methods.md: asks pavm, anvil, the Hardhat node and geth which methods they have. With --check it writes nothing, and ends
// with 1 where that is not what the file says. A node that is not on this machine is not asked: what it answered last is in
// scripts/lib/method-answers.json. geth is asked where it is on the PATH:
// go install github.com/ethereum/go-ethereum/cmd/geth@v1.17.10
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ANVIL, type DevNodeKind, HARDHAT, MAIN, PAVM_DEV, startNode } from '../bench/rpc/dev-nodes.ts'
import { rpc } from '../test/support/json-rpc.ts'
import { askMethods, type KnownMethods } from './lib/ask-methods.ts'
import { METHOD_NAMES } from './lib/method-names.ts'
import { type Answers, methodsDocument } from './lib/methods-document.ts'

/** A single node of a network: nobody controls its chain. */
const PAVM_NODE: DevNodeKind = {
  name: 'pavm node',
  isInstalled: () => true,
  command(port, folder) {
    const network = join(folder, 'network')
    const ports = ['--rpc-port', String(port), '--p2p-port', String(port + 1)]
    const made = spawnSync(process.execPath, [
      MAIN,
      'init',
      network,
      '--nodes',
      '1',
      '--consensus',
      'instant',
      ...ports,
    ])
    if (made.status !== 0) throw new Error(String(made.stderr))
    const [config] = /\S+\.toml/.exec(String(made.stdout)) ?? []
    return [process.execPath, MAIN, 'node', '--config', config!, '--log-level', 'silent']
  },
}

/** All that its programs serve without a password. */
const GETH: DevNodeKind = {
  name: 'geth --dev',
  isInstalled: () => spawnSync('geth', ['version']).status === 0,
  command(port, folder) {
    const apis = 'admin,debug,dev,eth,miner,net,rpc,testing,txpool,web3'
    const http = ['--http', '--http.port', String(port), '--http.api', apis]
    const ws = ['--ws', '--ws.port', String(port), '--ws.api', apis, '--ws.origins', '*']
    const others = ['--port', '0', '--authrpc.port', '0', '--nodiscover', '--ipcdisable']
    return ['geth', '--dev', '--datadir', join(folder, 'data'), ...http, ...ws, ...others]
  },
}

const ANSWERS = join(import.meta.dirname, 'lib', 'method-answers.json')
const PAGE = join(import.meta.dirname, '..', 'docs', 'methods.md')
const isCheck = process.argv.includes('--check')

async function ask(kind: DevNodeKind, names: readonly string[] = METHOD_NAMES): Promise<KnownMethods> {
  const node = await startNode(kind)
  try {
    return await askMethods(node.url, names)
  } finally {
    await node.stop()
  }
}

/** The names of the list and those that pavm serves beside. */
async function allNames(): Promise<readonly string[]> {
  const node = await startNode(PAVM_DEV)
  try {
    const { methods } = await rpc<{ methods: readonly { name: string }[] }>(node.url, 'rpc.discover')
    return [...new Set([...METHOD_NAMES, ...methods.map(({ name }) => name)])].sort()
  } finally {
    await node.stop()
  }
}

type Recorded = Record<string, { readonly version: string; readonly served: readonly string[] }>
const recorded = JSON.parse(readFileSync(ANSWERS, 'utf8')) as Recorded

async function askOrRecall(kind: DevNodeKind, names: readonly string[]): Promise<KnownMethods> {
  if (kind.isInstalled()) {
    const known = await ask(kind, names)
    recorded[kind.name] = { version: known.version, served: [...known.served] }
    return known
  }
  const { version, served } = recorded[kind.name] ?? { version: 'not asked', served: [] }
  console.log(`${kind.name} is not on this machine: this is what ${version} answered`)
  return { version, served: new Set(served), refused: new Set() }
}

const names = await allNames()
const answers: Answers = {
  'pavm dev': await ask(PAVM_DEV, names),
  'pavm node': await ask(PAVM_NODE, names),
  anvil: await askOrRecall(ANVIL, names),
  'Hardhat node': await askOrRecall(HARDHAT, names),
  'geth --dev': await askOrRecall(GETH, names),
}
const page = methodsDocument(answers)
if (!isCheck) {
  writeFileSync(ANSWERS, `${JSON.stringify(recorded, undefined, 2)}\n`)
  writeFileSync(PAGE, page)
} else if (readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/methods.md is not what the nodes say: npm run docs:methods')
  process.exitCode = 1
}
