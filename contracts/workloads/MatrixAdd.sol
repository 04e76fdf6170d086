// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {filledMatrix} from "./Matrices.sol";

/// Sums of two square matrices in memory.
contract MatrixAdd {
    /// Adds one matrix to another so many times and returns the sum of the elements, each with its own weight.
    function run(uint256 size, uint256 times) external pure returns (uint256 checksum) {
        uint256[][] memory a = filledMatrix(size, 7);
        uint256[][] memory b = filledMatrix(size, 13);
        for (uint256 time = 0; time < times; time++) {
            for (uint256 row = 0; row < size; row++) {
                for (uint256 column = 0; column < size; column++) a[row][column] += b[row][column];
            }
        }
        for (uint256 row = 0; row < size; row++) {
            for (uint256 column = 0; column < size; column++) checksum += a[row][column] * (row * size + column + 1);
        }
    }
}
