// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Substrings copied byte by byte, from a quarter of the positions in each of four threads: three, and the one that starts them.
contract ThreadedSubstring {
    uint256 private constant MODULUS = 2305843009213693951;

    /// The same checksum as of `Substring`.
    function run(uint256 count, uint256 length) external pure returns (uint256 checksum) {
        if (count == 0) return 0;
        // Without the last position: what it adds is not reduced.
        uint256 quarter = (count - 1) / 4;
        uint256 b = subsol [1] part(quarter, 2 * quarter, length);
        uint256 c = subsol [2] part(2 * quarter, 3 * quarter, length);
        uint256 d = subsol [3] part(3 * quarter, count - 1, length);
        uint256 a = part(0, quarter, length);
        uint256 shift = power(quarter);
        checksum = (a * shift + b) % MODULUS;
        checksum = (checksum * shift + c) % MODULUS;
        checksum = (checksum * power(count - 1 - 3 * quarter) + d) % MODULUS;
        return checksum * 31 % MODULUS + part(count - 1, count, length);
    }

    /// The checksum over some positions alone.
    function part(uint256 first, uint256 end, uint256 length) private pure returns (uint256 checksum) {
        bytes memory text = new bytes(end - first + length);
        for (uint256 i = 0; i < text.length; i++) {
            uint256 position = first + i;
            text[i] = bytes1(uint8(97 + ((position * position + 7 * position) % 26)));
        }
        for (uint256 start = 0; start < end - first; start++) {
            bytes memory found = substring(text, start, length);
            checksum = checksum * 31 % MODULUS + uint8(found[0]) * 256 + uint8(found[length - 1]);
        }
    }

    function substring(bytes memory text, uint256 start, uint256 length) private pure returns (bytes memory found) {
        found = new bytes(length);
        for (uint256 i = 0; i < length; i++) found[i] = text[start + i];
    }

    /// 31 to so high a power.
    function power(uint256 exponent) private pure returns (uint256 result) {
        uint256 base = 31;
        result = 1;
        while (exponent > 0) {
            if (exponent % 2 == 1) result = result * base % MODULUS;
            base = base * base % MODULUS;
            exponent /= 2;
        }
    }
}
