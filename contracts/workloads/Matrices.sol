// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// A square matrix of small numbers that the factor decides.
function filledMatrix(uint256 size, uint256 factor) pure returns (uint256[][] memory matrix) {
    matrix = new uint256[][](size);
    for (uint256 row = 0; row < size; row++) {
        matrix[row] = new uint256[](size);
        for (uint256 column = 0; column < size; column++) {
            matrix[row][column] = (row * factor + column * 3 + 1) % 101;
        }
    }
}
