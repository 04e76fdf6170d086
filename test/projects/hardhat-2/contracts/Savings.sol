// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import "hardhat/console.sol";

/// Wei that its owner can have from a time on.
contract Savings {
    address public immutable owner;
    uint256 public unlockTime;

    event Withdrawn(address indexed to, uint256 amount);

    error TooEarly(uint256 time, uint256 unlockTime);

    constructor(uint256 unlockTime_) payable {
        require(unlockTime_ > block.timestamp, "the time has passed");
        owner = msg.sender;
        unlockTime = unlockTime_;
    }

    receive() external payable {}

    function withdraw() external {
        console.log("%s withdraws %s wei", msg.sender, address(this).balance);
        if (block.timestamp < unlockTime) revert TooEarly(block.timestamp, unlockTime);
        require(msg.sender == owner, "not the owner");
        emit Withdrawn(msg.sender, address(this).balance);
        (bool isPaid, ) = msg.sender.call{value: address(this).balance}("");
        require(isPaid, "not paid");
    }

    /// Panics with no parts.
    function share(uint256 parts) external view returns (uint256) {
        return address(this).balance / parts;
    }

    /// Fails without a reason.
    function never() external pure {
        require(false);
    }

    /// What the block says of itself.
    function environment() external view returns (uint256 number, uint256 time, uint256 randomness, address coinbase) {
        return (block.number, block.timestamp, block.prevrandao, block.coinbase);
    }
}
