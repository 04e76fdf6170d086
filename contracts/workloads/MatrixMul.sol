// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {filledMatrix} from "./Matrices.sol";

/// Product of two square matrices in memory: checked arithmetic and nested arrays.
contract MatrixMul {
    /// The sum of the product's elements, each with its own weight.
    function run(uint256 size) external pure returns (uint256 checksum) {
        uint256[][] memory a = filledMatrix(size, 7);
        uint256[][] memory b = filledMatrix(size, 13);
        for (uint256 row = 0; row < size; row++) {
            for (uint256 column = 0; column < size; column++) {
                uint256 element = 0;
                for (uint256 k = 0; k < size; k++) element += a[row][k] * b[k][column];
                checksum += element * (row * size + column + 1);
            }
        }
    }
}
