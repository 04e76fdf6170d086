// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Counts how often each value of a byte occurs, a quarter of the bytes in each of four threads: three, and the one that starts them.
contract ThreadedHistogram {
    uint256 private constant MODULUS = 2147483648;

    /// The same checksum as of `Histogram`.
    function run(uint256 count) external pure returns (uint256 checksum) {
        uint256 b = subsol [1] part(count / 4, count / 2);
        uint256 c = subsol [2] part(count / 2, count * 3 / 4);
        uint256 d = subsol [3] part(count * 3 / 4, count);
        uint256 a = part(0, count / 4);
        return a + b + c + d;
    }

    /// What some of the bytes add to the checksum.
    function part(uint256 first, uint256 end) private pure returns (uint256 checksum) {
        uint256[256] memory counts;
        uint256 seed = seedAfter(first);
        for (uint256 i = first; i < end; i++) {
            seed = (seed * 1103515245 + 12345) % MODULUS;
            counts[(seed >> 16) & 255]++;
        }
        for (uint256 value = 0; value < 256; value++) checksum += counts[value] * (value + 1) ** 2;
    }

    /// The generator's state after so many steps from 1, by repeated squaring of the step.
    function seedAfter(uint256 steps) private pure returns (uint256 seed) {
        uint256 factor = 1103515245;
        uint256 summand = 12345;
        seed = 1;
        while (steps > 0) {
            if (steps % 2 == 1) seed = (seed * factor + summand) % MODULUS;
            summand = (summand * factor + summand) % MODULUS;
            factor = (factor * factor) % MODULUS;
            steps /= 2;
        }
    }
}
