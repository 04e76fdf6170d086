// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// Pure libraries, made callable.
contract FuzzArithmetic {
    function mulDiv(uint256 x, uint256 y, uint256 d, uint8 rounding) external pure returns (uint256) {
        return Math.mulDiv(x, y, d, Math.Rounding(rounding % 4));
    }

    function roots(uint256 x) external pure returns (uint256, uint256, uint256, uint256) {
        return (Math.sqrt(x), Math.log2(x), Math.log10(x), Math.log256(x));
    }

    function inverse(uint256 a, uint256 n) external pure returns (uint256) {
        return Math.invMod(a, n);
    }

    function power(uint256 b, uint256 e, uint256 m) external view returns (bool, uint256) {
        return Math.tryModExp(b, e, m);
    }

    function powerOfBytes(bytes calldata b, bytes calldata e, bytes calldata m) external view returns (bool, bytes memory) {
        return Math.tryModExp(b, e, m);
    }

    function averages(uint256 a, uint256 b) external pure returns (uint256, uint256, uint256, uint256) {
        return (Math.average(a, b), Math.ceilDiv(a, b), Math.saturatingAdd(a, b), Math.saturatingSub(a, b));
    }

    function signed(int256 a, int256 b) external pure returns (int256, int256, uint256) {
        return (SignedMath.average(a, b), SignedMath.max(a, b), SignedMath.abs(a));
    }

    function checkedSigned(int256 a, int256 b) external pure returns (int256, int256, int256, int256) {
        return (a + b, a * b, a / b, a % b);
    }

    function casts(uint256 x, int256 y) external pure returns (uint128, uint8, int64, uint256) {
        return (SafeCast.toUint128(x), SafeCast.toUint8(x), SafeCast.toInt64(y), SafeCast.toUint256(y));
    }
}
