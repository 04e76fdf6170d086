// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Counts up to a limit, for whoever calls.
contract Counter {
    uint256 public number;
    uint256 public immutable limit;
    mapping(address => uint256) public countOf;

    event Counted(address indexed by, uint256 number);

    error LimitReached(uint256 wanted, uint256 limit);

    constructor(uint256 limit_) payable {
        limit = limit_;
    }

    function add(uint256 amount) public {
        uint256 wanted = number + amount;
        if (wanted > limit) revert LimitReached(wanted, limit);
        number = wanted;
        countOf[msg.sender] += amount;
        emit Counted(msg.sender, wanted);
    }

    function increment() external {
        add(1);
    }
}
