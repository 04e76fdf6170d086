// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Child {
    constructor(bool isRefused) payable {
        require(!isRefused, "refused");
    }

    function leave(address payable heir) external {
        selfdestruct(heir);
    }
}

/// Does in one transaction each thing that an explorer shows.
contract Explored {
    uint256 public visits;

    event Visited(address indexed by, uint256 visits);

    constructor() payable {}

    function visit(address payable friend) external {
        visits++;
        friend.transfer(1);
        Child first = new Child{value: 2}(false);
        Child second = new Child{value: 3, salt: bytes32(visits)}(false);
        try new Child{value: 4}(true) {} catch {}
        first.leave(friend);
        this.look{value: 5}();
        (bool ok,) = address(this).delegatecall(abi.encodeCall(this.look, ()));
        require(ok && address(second).balance == 3 && sha256("") != 0);
        emit Visited(msg.sender, visits);
    }

    function look() external payable {}

    function fail() external pure {
        revert("on purpose");
    }
}
