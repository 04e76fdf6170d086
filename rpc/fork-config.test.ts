import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChainConfig } from '../config/chain.ts'
import { parseGenesis } from '../config/genesis.ts'
import { forkConfigs, forkHash } from './fork-config.ts'
import { chainConfig } from './results.ts'

const CANCUN = 1_710_338_135
const PRAGUE = 1_746_612_311

/** Mainnet's forks up to Prague. */
const MAINNET = parseGenesis({
  config: {
    chainId: 1,
    homesteadBlock: 1_150_000,
    daoForkBlock: 1_920_000,
    daoForkSupport: true,
    eip150Block: 2_463_000,
    eip155Block: 2_675_000,
    eip158Block: 2_675_000,
    byzantiumBlock: 4_370_000,
    constantinopleBlock: 7_280_000,
    petersburgBlock: 7_280_000,
    istanbulBlock: 9_069_000,
    muirGlacierBlock: 9_200_000,
    berlinBlock: 12_244_000,
    londonBlock: 12_965_000,
    arrowGlacierBlock: 13_773_000,
    grayGlacierBlock: 15_050_000,
    terminalTotalDifficulty: '58750000000000000000000',
    shanghaiTime: 1_681_338_455,
    cancunTime: CANCUN,
    pragueTime: PRAGUE,
    depositContractAddress: '0x00000000219ab540356cbb839cbe05303d7705fa',
  },
  alloc: {},
}).config

const GENESIS = { hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3', timestamp: 0n } as const

test('fork hashes are those of EIP-2124 and EIP-6122', () => {
  // go-ethereum, core/forkid/forkid_test.go
  const rows: readonly (readonly [number: bigint, timestamp: bigint, hash: string])[] = [
    [0n, 0n, '0xfc64ec04'],
    [1_149_999n, 0n, '0xfc64ec04'],
    [1_150_000n, 0n, '0x97c2c34c'],
    [1_920_000n, 0n, '0x91d1f948'],
    [2_463_000n, 0n, '0x7a64da13'],
    [2_675_000n, 0n, '0x3edd5b10'],
    [4_370_000n, 0n, '0xa00bc324'],
    [7_280_000n, 0n, '0x668db0af'],
    [9_069_000n, 0n, '0x879d6e30'],
    [9_200_000n, 0n, '0xe029e991'],
    [12_244_000n, 0n, '0x0eb440f6'],
    [12_965_000n, 0n, '0xb715077d'],
    [13_773_000n, 0n, '0x20c327fc'],
    [15_050_000n, 0n, '0xf0afd0e3'],
    [20_000_000n, 1_681_338_455n, '0xdce96c2d'],
    [30_000_000n, BigInt(CANCUN), '0x9f3d2254'],
    [40_000_000n, BigInt(PRAGUE), '0xc376cf8b'],
  ]
  for (const [number, timestamp, hash] of rows) {
    assert.equal(forkHash({ number, timestamp }, { config: MAINNET, genesis: GENESIS }), hash, `${number} ${timestamp}`)
  }
})

const configsAt = (config: ChainConfig, number: bigint, timestamp: bigint) =>
  chainConfig.parse(forkConfigs({ number, timestamp }, { config, genesis: GENESIS }))

test('the rules now, next and last', () => {
  const { current, next, last } = configsAt(MAINNET, 20_000_000n, BigInt(CANCUN) - 1n)
  assert.equal(current.activationTime, 1_681_338_455)
  assert.equal(current.blobSchedule, null)
  assert.deepEqual(current.systemContracts, {})
  assert.equal(current.precompiles.BLAKE2F, `0x${'0'.repeat(39)}9`)
  assert.equal(next?.activationTime, CANCUN)
  assert.deepEqual(next?.blobSchedule, { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 })
  assert.deepEqual(Object.keys(next?.systemContracts ?? {}), ['BEACON_ROOTS_ADDRESS'])
  assert.equal(last?.activationTime, PRAGUE)
  assert.equal(last?.systemContracts.DEPOSIT_CONTRACT_ADDRESS, '0x00000000219ab540356cbb839cbe05303d7705fa')
  assert.deepEqual(
    [current, next, last].map((each) => each?.forkId),
    ['0xdce96c2d', '0x9f3d2254', '0xc376cf8b'],
  )
})

test('before timestamps decide, and after the last fork', () => {
  const early = configsAt(MAINNET, 5n, 5n)
  assert.equal(early.current.activationTime, 0)
  assert.equal(early.current.forkId, '0xfc64ec04')
  const late = configsAt(MAINNET, 40_000_000n, BigInt(PRAGUE))
  assert.deepEqual([late.next, late.last], [null, null])
})
