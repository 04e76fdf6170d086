// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Substrings copied byte by byte: single bytes of memory read and written.
contract Substring {
    /// Takes a substring of that length from each of the first `count` positions of a text; returns a checksum over all.
    function run(uint256 count, uint256 length) external pure returns (uint256 checksum) {
        bytes memory text = new bytes(count + length);
        for (uint256 i = 0; i < text.length; i++) text[i] = bytes1(uint8(97 + ((i * i + 7 * i) % 26)));
        for (uint256 start = 0; start < count; start++) {
            bytes memory part = substring(text, start, length);
            checksum = checksum * 31 % 2305843009213693951 + uint8(part[0]) * 256 + uint8(part[length - 1]);
        }
    }

    function substring(bytes memory text, uint256 start, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; i++) part[i] = text[start + i];
    }
}
