// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// What of an ERC-20 token (EIP-20) transfers need, and a call that makes many of them.
contract Erc20 {
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    error InsufficientBalance(address from, uint256 balance, uint256 needed);
    error InvalidReceiver(address receiver);

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    /// One unit to each of `count` receivers with neighbouring addresses; returns what is left, plus what the last one has.
    function transferMany(uint160 firstReceiver, uint160 count) external returns (uint256) {
        for (uint160 i = 0; i < count; i++) move(msg.sender, address(firstReceiver + i), 1);
        return balanceOf[msg.sender] + balanceOf[address(firstReceiver + count - 1)];
    }

    function move(address from, address to, uint256 value) private {
        if (to == address(0)) revert InvalidReceiver(to);
        uint256 balance = balanceOf[from];
        if (balance < value) revert InsufficientBalance(from, balance, value);
        unchecked {
            balanceOf[from] = balance - value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}
