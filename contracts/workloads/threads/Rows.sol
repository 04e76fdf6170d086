// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Some rows of the matrix that `filledMatrix` makes.
function filledRows(uint256 size, uint256 factor, uint256 first, uint256 end) pure returns (uint256[][] memory rows) {
    rows = new uint256[][](end - first);
    for (uint256 row = first; row < end; row++) {
        uint256[] memory elements = new uint256[](size);
        for (uint256 column = 0; column < size; column++) elements[column] = (row * factor + column * 3 + 1) % 101;
        rows[row - first] = elements;
    }
}
