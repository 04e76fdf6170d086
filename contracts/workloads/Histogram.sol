// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Counts how often each value of a byte occurs: reads and writes at addresses that the data decides.
contract Histogram {
    /// Over so many pseudo-random bytes; returns a checksum over the counts.
    function run(uint256 count) external pure returns (uint256 checksum) {
        uint256[256] memory counts;
        uint256 seed = 1;
        for (uint256 i = 0; i < count; i++) {
            seed = (seed * 1103515245 + 12345) % 2147483648;
            counts[(seed >> 16) & 255]++;
        }
        for (uint256 value = 0; value < 256; value++) checksum += counts[value] * (value + 1) ** 2;
    }
}
