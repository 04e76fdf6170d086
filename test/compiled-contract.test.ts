import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { Contract, ContractFactory, type InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import { startTestnet, type Testnet } from './support/testnet.ts'

const root = join(import.meta.dirname, '..')

const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

contract Sums {
    uint256 public total;

    function run(uint256 n) external returns (uint256) {
        uint256 a = subsol [1] sum(0, n / 2);
        uint256 b = subsol [2] sum(n / 2, n);
        total = a + b;
        return total;
    }

    function sum(uint256 from, uint256 to) private pure returns (uint256 result) {
        for (uint256 i = from; i < to; i++) result += i;
    }
}
`

let testnet: Testnet
let project: string

before(async () => {
  project = mkdtempSync(join(tmpdir(), 'pavm-project-'))
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  mkdirSync(join(project, 'contracts'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'sums', private: true, type: 'module' }))
  writeFileSync(join(project, 'contracts', 'Sums.sol'), SOURCE)
  testnet = await startTestnet({ nodes: 2, miners: 1, blockTimeSeconds: 1, settings: { execution: { workers: 2 } } })
  await run(process.execPath, join(root, 'node', 'main.ts'), 'compile', 'contracts/Sums.sol')
})
after(async () => {
  await testnet?.close()
  rmSync(project, { recursive: true, force: true })
})

/** In the project. @returns what it printed @throws AssertionError with that when it fails */
async function run(command: string, ...args: string[]): Promise<string> {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`
  const env = { ...process.env, PATH: path, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true', CI: 'true' }
  const child = spawn(command, args, { cwd: project, env })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (printed += String(bytes)))
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  assert.equal(code, 0, printed)
  return printed
}

const [deployer, other] = developerAccounts(2)

test('a plain ethers program uses a contract from pavm compile', { timeout: 120_000 }, async () => {
  const artifact = JSON.parse(readFileSync(join(project, 'artifacts', 'contracts', 'Sums.sol', 'Sums.json'), 'utf8'))
  const provider = new JsonRpcProvider(testnet.url(0), undefined, { pollingInterval: 200 })
  const wallet = new Wallet(deployer!.privateKey, provider)
  const factory = new ContractFactory(artifact.abi as InterfaceAbi, artifact.bytecode, wallet)
  const deployed = await factory.deploy()
  await deployed.waitForDeployment()
  const contract = new Contract(await deployed.getAddress(), artifact.abi as InterfaceAbi, wallet)
  assert.equal(await contract.getFunction('run').staticCall(1_000n), 499_500n)
  const receipt = await (await contract.getFunction('run')(1_000n)).wait()
  assert.equal(receipt.status, 1)
  // The node that has validated the block has the same state, and knows of the threads.
  const validator = new JsonRpcProvider(testnet.url(1), undefined, { pollingInterval: 200 })
  await validator.waitForTransaction(receipt.hash, 1, 20_000)
  const reader = new Contract(await deployed.getAddress(), artifact.abi as InterfaceAbi, validator)
  assert.equal(await reader.getFunction('total').staticCall(), 499_500n)
  const threads = await validator.send('pavm_getThreads', [receipt.hash])
  assert.deepEqual(
    threads.map(({ id, state, order }: { id: string; state: string; order: number }) => [id, state, order]),
    [
      ['0x1', 'return', 0],
      ['0x2', 'return', 1],
    ],
  )
  const record = await validator.send('pavm_getRecord', [receipt.hash])
  const written = record.operations.filter(
    ({ mode, kind }: Record<string, string>) => kind === 'storage' && mode === 'write',
  )
  assert.deepEqual(written, [
    {
      kind: 'storage',
      mode: 'write',
      address: contract.target.toString().toLowerCase(),
      slot: `0x${'00'.repeat(32)}`,
      value: '0x79f2c',
    },
  ])
  for (const method of ['pavm_getThreads', 'pavm_getRecord']) {
    assert.equal(await validator.send(method, [`0x${'00'.repeat(32)}`]), null)
  }
  provider.destroy()
  validator.destroy()
})

/** npm under Node 20 leaves Hardhat's native part out, which asks for a newer Node. */
function hasHardhat(): boolean {
  try {
    createRequire(import.meta.url)('@nomicfoundation/edr')
    return true
  } catch {
    return false
  }
}

test('a Hardhat project uses it from its artifacts', { timeout: 120_000 }, async (context) => {
  if (!hasHardhat()) {
    context.skip('Hardhat is not whole: npm ran under a Node that it does not support')
    return
  }
  writeFileSync(
    join(project, 'hardhat.config.ts'),
    `import { defineConfig } from 'hardhat/config'
export default defineConfig({
  networks: { pavm: { type: 'http', chainType: 'l1', url: '${testnet.url(0)}', accounts: ['${other!.privateKey}'] } },
})
`,
  )
  mkdirSync(join(project, 'scripts'))
  writeFileSync(
    join(project, 'scripts', 'run.ts'),
    `import { BrowserProvider, ContractFactory } from 'ethers'
import hre from 'hardhat'

const { abi, bytecode } = await hre.artifacts.readArtifact('Sums')
const { provider } = await hre.network.connect('pavm')
const signer = await new BrowserProvider(provider).getSigner()
const sums = await new ContractFactory(abi as never, bytecode, signer).deploy()
await sums.waitForDeployment()
await (await sums.getFunction('run')(100n)).wait()
console.log('total', String(await sums.getFunction('total').staticCall()))
process.exit(0)
`,
  )
  const hardhat = join(project, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js')
  assert.match(await run(process.execPath, hardhat, 'run', '--no-compile', 'scripts/run.ts'), /total 4950/)
})
