// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {filledRows} from "./Rows.sol";

/// Sums of two square matrices, a quarter of the rows in each of four threads: three, and the one that starts them.
contract ThreadedMatrixAdd {
    /// The same sum as of `MatrixAdd`.
    function run(uint256 size, uint256 times) external pure returns (uint256 checksum) {
        uint256 b = subsol [1] sum(size, times, size / 4, size / 2);
        uint256 c = subsol [2] sum(size, times, size / 2, size * 3 / 4);
        uint256 d = subsol [3] sum(size, times, size * 3 / 4, size);
        uint256 a = sum(size, times, 0, size / 4);
        return a + b + c + d;
    }

    /// What some rows add to the sum.
    function sum(uint256 size, uint256 times, uint256 first, uint256 end) private pure returns (uint256 checksum) {
        uint256[][] memory a = filledRows(size, 7, first, end);
        uint256[][] memory b = filledRows(size, 13, first, end);
        for (uint256 time = 0; time < times; time++) {
            for (uint256 row = 0; row < end - first; row++) {
                for (uint256 column = 0; column < size; column++) a[row][column] += b[row][column];
            }
        }
        for (uint256 row = first; row < end; row++) {
            for (uint256 column = 0; column < size; column++) {
                checksum += a[row - first][column] * (row * size + column + 1);
            }
        }
    }
}
