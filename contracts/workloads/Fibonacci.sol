// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Additions in a short loop.
contract Fibonacci {
    /// The Fibonacci number with this index, modulo 2^256.
    function run(uint256 index) public pure returns (uint256 number) {
        uint256 next = 1;
        for (uint256 i = 0; i < index; i++) {
            unchecked {
                (number, next) = (next, number + next);
            }
        }
    }
}
