/**
 * Methods that are sent what their schema refuses, and never values that it takes: with those they take away what the
 * other requests ask for. Their tests are in `test/dev-node.test.ts`.
 */
export const GUARDED_METHODS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    mine: 'mines up to a million blocks, for minutes',
    setIntervalMining: 'goes on mining after the request',
    reorg: 'makes up to ten thousand blocks, and takes off those that other requests name',
    rollback: 'takes off the blocks that other requests name',
    reset: 'takes off all blocks',
    revert: 'takes off the blocks that other requests name, and the snapshot that the fuzzer returns to',
    loadState: 'puts other accounts in the place of the contracts that other requests call',
    setLoggingEnabled: 'silences the log in which the fuzzer looks for failures',
  }).flatMap(([name, reason]) =>
    ['anvil', 'hardhat', 'evm'].map((namespace): [string, string] => [`${namespace}_${name}`, reason]),
  ),
)

/** JSON that no parameter of these methods may be. */
export const REFUSED_BY_GUARDED = ['"zz"', '"0xzz"', '[1]', '-1', '1.5', '1e400', '"\\u0000"', '[[]]'] as const
