// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {filledMatrix} from "../Matrices.sol";
import {filledRows} from "./Rows.sol";

/// Product of two square matrices, a quarter of the rows in each of four threads: three, and the one that starts them.
contract ThreadedMatrixMul {
    /// The same sum as of `MatrixMul`.
    function run(uint256 size) external pure returns (uint256 checksum) {
        uint256 b = subsol [1] product(size, size / 4, size / 2);
        uint256 c = subsol [2] product(size, size / 2, size * 3 / 4);
        uint256 d = subsol [3] product(size, size * 3 / 4, size);
        uint256 a = product(size, 0, size / 4);
        return a + b + c + d;
    }

    /// What some rows of the product add to the sum.
    function product(uint256 size, uint256 first, uint256 end) private pure returns (uint256 checksum) {
        uint256[][] memory a = filledRows(size, 7, first, end);
        uint256[][] memory b = filledMatrix(size, 13);
        for (uint256 row = first; row < end; row++) {
            uint256[] memory elements = a[row - first];
            for (uint256 column = 0; column < size; column++) {
                uint256 element = 0;
                for (uint256 k = 0; k < size; k++) element += elements[k] * b[k][column];
                checksum += element * (row * size + column + 1);
            }
        }
    }
}
