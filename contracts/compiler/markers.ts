/** Every name that the compiler adds to a source begins so. */
export const RESERVED = '__pavm_'

/** Name of the source with what the keywords become: after all names of users, so that theirs keep their numbers in source maps. */
export const THREADS_SOURCE = '~pavm/threads.sol'

/**
 * What the keywords become. Each `verbatim` function stands for one instruction, which solc's Solidity does not know, and gets
 * its body in Yul (see `withInstructions`). All functions are `pure`, for a thread may be started in every function; whether its
 * own function fits is checked where it is called in place of the keyword (see `probe.ts`).
 *
 * The ids of threads that are not numbered by their contract begin at 2^255 and go on with where their call data is: memory is not
 * given out twice in a frame, and unlike the gas that is left it does not change with who runs the contract.
 */
export const THREADS_TEXT = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;
function ${RESERVED}probe(uint256) pure {}
function ${RESERVED}subsol(uint256 id, bytes memory data) pure {
    assembly {
        function ${RESERVED}verbatim_b1(a, b, c) {}
        ${RESERVED}verbatim_b1(id, add(data, 32), mload(data))
    }
}
function ${RESERVED}sleep(uint256 id, uint256 turns) pure {
    assembly {
        function ${RESERVED}verbatim_b2(a, b) {}
        ${RESERVED}verbatim_b2(id, turns)
    }
}
function ${RESERVED}revertt(uint256 id) pure {
    assembly {
        function ${RESERVED}verbatim_b3(a) {}
        ${RESERVED}verbatim_b3(id)
    }
}
function ${RESERVED}afterw(uint256 other, uint256 slot, bytes memory data) pure returns (uint256 id) {
    assembly {
        id := or(shl(255, 1), data)
        function ${RESERVED}verbatim_b4(a, b, c, d, e) {}
        ${RESERVED}verbatim_b4(id, other, slot, add(data, 32), mload(data))
    }
}
function ${RESERVED}afterr(uint256 other, uint256 slot, bytes memory data) pure returns (uint256 id) {
    assembly {
        id := or(shl(255, 1), data)
        function ${RESERVED}verbatim_b5(a, b, c, d, e) {}
        ${RESERVED}verbatim_b5(id, other, slot, add(data, 32), mload(data))
    }
}
function ${RESERVED}aftera(uint256 other, bytes memory data) pure returns (uint256 id) {
    assembly {
        id := or(shl(255, 1), data)
        function ${RESERVED}verbatim_b6(a, b, c, d) {}
        ${RESERVED}verbatim_b6(id, other, add(data, 32), mload(data))
    }
}
function ${RESERVED}rr() pure {
    assembly {
        function ${RESERVED}verbatim_b7() {}
        ${RESERVED}verbatim_b7()
    }
}
function ${RESERVED}rphash() pure {
    assembly {
        function ${RESERVED}verbatim_b8() -> z {}
        pop(${RESERVED}verbatim_b8())
    }
}
function ${RESERVED}join(uint256 id) pure returns (bytes memory output) {
    assembly {
        function ${RESERVED}verbatim_bb(a, b, c) -> z {}
        let returned := ${RESERVED}verbatim_bb(id, 0, 0)
        let length := returndatasize()
        output := mload(64)
        returndatacopy(add(output, 32), 0, length)
        if iszero(returned) { revert(add(output, 32), length) }
        mstore(output, length)
        mstore(64, add(output, and(add(length, 63), not(31))))
    }
}
function ${RESERVED}guard() pure {
    assembly {
        function ${RESERVED}verbatim_bc() -> z {}
        if iszero(${RESERVED}verbatim_bc()) { revert(0, 0) }
    }
}
`.replaceAll('assembly {', 'assembly ("memory-safe") {')

const STAND_IN = new RegExp(
  String.raw`(function usr\$${RESERVED}verbatim_([0-9a-f]{2})\(([^)]*)\)(?:\s*->\s*([\w$]+))?\s*)\{\s*\}`,
  'g',
)

/** The Yul of a contract with the instructions in it, or undefined where there are none. */
export function withInstructions(yul: string): string | undefined {
  let found = false
  const text = yul.replace(STAND_IN, (_, head: string, opcode: string, parameters: string, result?: string) => {
    found = true
    const names = parameters.split(',').filter((name) => name.trim() !== '')
    const call = `verbatim_${names.length}i_${result === undefined ? 0 : 1}o`
    const args = [`hex"${opcode}"`, ...names].join(', ')
    return `${head}{ ${result === undefined ? '' : `${result} := `}${call}(${args}) }`
  })
  return found ? text : undefined
}
