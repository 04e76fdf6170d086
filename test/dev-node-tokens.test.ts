import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Contract, ContractFactory, type InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers'
import { compile } from '../contracts/compile.ts'
import { developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { RpcFailure } from './support/json-rpc.ts'

const [ALICE, BOB] = developerAccounts(2).map(({ address }) => address) as [Address, Address]
/** Runtime code that answers everything with 5, of no slot. */
const FIVE_FOR_ALL: Hex = '0x60055f5260205ff3'
/** Runtime code that reverts. */
const REVERTING: Hex = '0x5f5ffd'
const CONTRACT: Address = '0x00000000000000000000000000000000000000c0'

let node: DevNode
before(async () => {
  node = await startDevNode()
})
after(() => node?.[Symbol.asyncDispose]())

test('accounts are given tokens and allowances, whatever they had', async () => {
  const provider = new JsonRpcProvider(node.url, undefined, { staticNetwork: true })
  const { Token } = compile('Token.sol') as unknown as { Token: { abi: InterfaceAbi; bytecode: string } }
  const wallet = new Wallet(developerAccounts(1)[0]!.privateKey, provider)
  const token = (await (
    await new ContractFactory(Token.abi, Token.bytecode, wallet).deploy('Test', 'TST', 1_000n)
  ).waitForDeployment()) as Contract
  const address = await token.getAddress()
  const height = await node.request('eth_blockNumber')
  for (const [name, amount] of [
    ['anvil_dealERC20', 1n],
    ['hardhat_dealERC20', 2n ** 255n],
    ['anvil_setERC20Balance', 2n ** 255n],
    ['tenderly_setErc20Balance', 0n],
  ] as const) {
    assert.equal(await node.request(name, BOB, address, `0x${amount.toString(16)}`), null)
    assert.equal(await token.getFunction('balanceOf')(BOB), amount, name)
  }
  await node.request('anvil_setERC20Allowance', BOB, ALICE, address, '0x7b')
  assert.equal(await token.getFunction('allowance')(BOB, ALICE), 123n)
  assert.equal(await token.getFunction('allowance')(ALICE, BOB), 0n)
  assert.equal(await node.request('eth_blockNumber'), height)
  provider.destroy()
})

test('what answers from no slot, and what does not answer, is refused', async () => {
  for (const [code, reason] of [
    [FIVE_FOR_ALL, /no slot/],
    [REVERTING, /no ERC-20 token/],
    ['0x', /no ERC-20 token/],
  ] as const) {
    await node.request('anvil_setCode', CONTRACT, code)
    await assert.rejects(node.request('anvil_dealERC20', BOB, CONTRACT, '0x1'), (error: unknown) => {
      return error instanceof RpcFailure && error.code === -32000 && reason.test(error.message)
    })
  }
})

test('blocks come with what their transactions gave back', async () => {
  await node.request('evm_setAutomine', false)
  await node.request('anvil_setCode', CONTRACT, REVERTING)
  const call = { from: ALICE, to: CONTRACT, gas: '0x186a0' }
  const hash = await node.request('eth_sendTransaction', call)
  interface Detailed {
    readonly number: Hex
    readonly transactions: readonly { readonly hash: Hex; readonly output: Hex; readonly revertReason?: string }[]
  }
  const above = Number(await node.request('eth_blockNumber'))
  const blocks = await node.request<Detailed[]>('evm_mine_detailed', { blocks: 2 })
  assert.deepEqual(
    blocks.map(({ number }) => Number(number)),
    [above + 1, above + 2],
  )
  const [{ hash: mined, output, revertReason } = assert.fail()] = blocks[0]!.transactions
  assert.deepEqual([mined, output, revertReason], [hash, '0x', 'execution reverted'])
  assert.deepEqual(blocks[1]!.transactions, [])
  await node.request('anvil_setCode', CONTRACT, FIVE_FOR_ALL)
  await node.request('eth_sendTransaction', call)
  const [{ transactions } = assert.fail()] = await node.request<Detailed[]>('anvil_mine_detailed')
  assert.equal(BigInt(transactions[0]!.output), 5n)
  assert.equal(transactions[0]!.revertReason, undefined)
  assert.equal(
    await node.request('anvil_getGenesisTime'),
    Number((await node.request<{ timestamp: Hex }>('eth_getBlockByNumber', '0x0', false)).timestamp),
  )
})

test('a send that waits gives the receipt', async () => {
  await node.request('evm_setAutomine', true)
  const receipt = await node.request<{ status: Hex }>('eth_sendTransactionSync', { from: ALICE, to: BOB, value: '0x1' })
  assert.equal(receipt.status, '0x1')
})

test('an account as the trie has it', async () => {
  await node.request('anvil_setCode', CONTRACT, FIVE_FOR_ALL)
  await node.request('anvil_setStorageAt', CONTRACT, '0x1', '0x2')
  const account = await node.request<{ storageRoot: Hex; codeHash: Hex }>('eth_getAccount', CONTRACT, 'latest')
  const proof = await node.request<{ storageHash: Hex; codeHash: Hex }>('eth_getProof', CONTRACT, [], 'latest')
  assert.deepEqual([account.storageRoot, account.codeHash], [proof.storageHash, proof.codeHash])
  assert.notEqual(account.codeHash, (await node.request<{ codeHash: Hex }>('eth_getAccount', BOB, 'latest')).codeHash)
})
