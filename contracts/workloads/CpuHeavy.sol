// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Quicksort of numbers in memory: comparisons, jumps, recursion.
contract CpuHeavy {
    /// Sorts so many pseudo-random numbers and returns a checksum over their order.
    function run(uint256 count) public pure returns (uint256 checksum) {
        uint256[] memory numbers = new uint256[](count);
        uint256 seed = 1;
        for (uint256 i = 0; i < count; i++) {
            seed = (seed * 1103515245 + 12345) % 2147483648;
            numbers[i] = seed;
        }
        if (count > 1) sort(numbers, 0, count - 1);
        for (uint256 i = 0; i < count; i++) {
            if (i > 0) require(numbers[i - 1] <= numbers[i], "not sorted");
            checksum = (checksum * 31 + numbers[i]) % 2305843009213693951;
        }
    }

    function sort(uint256[] memory numbers, uint256 first, uint256 last) private pure {
        uint256 left = first;
        uint256 right = last;
        uint256 pivot = numbers[first + (last - first) / 2];
        while (left <= right) {
            while (numbers[left] < pivot) left++;
            while (pivot < numbers[right]) right--;
            if (left > right) break;
            (numbers[left], numbers[right]) = (numbers[right], numbers[left]);
            left++;
            if (right == 0) break;
            right--;
        }
        if (first < right) sort(numbers, first, right);
        if (left < last) sort(numbers, left, last);
    }
}
