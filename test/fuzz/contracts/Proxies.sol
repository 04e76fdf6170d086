// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

contract FuzzCounter is UUPSUpgradeable, Initializable, Multicall, ReentrancyGuard {
    uint256 public count;
    mapping(address => uint256) public counts;

    event Counted(address indexed who, uint256 indexed count, bytes data);

    function initialize(uint256 start) external initializer {
        count = start;
    }

    function increase(uint8 by, bytes calldata data) external payable virtual nonReentrant {
        unchecked {
            count += by;
        }
        counts[msg.sender] += by;
        emit Counted(msg.sender, count, data);
    }

    function reenter() external nonReentrant {
        this.increase(1, "");
    }

    function _authorizeUpgrade(address) internal override {}
}

contract FuzzCounterBackwards is FuzzCounter {
    function increase(uint8 by, bytes calldata data) external payable override nonReentrant {
        count -= by;
        counts[msg.sender] += by;
        emit Counted(msg.sender, count, data);
    }
}

/// Two versions of a counter behind proxies of each kind.
contract FuzzProxies {
    address public immutable forwards = address(new FuzzCounter());
    address public immutable backwards = address(new FuzzCounterBackwards());
    FuzzCounter public immutable proxy = FuzzCounter(address(new ERC1967Proxy(forwards, abi.encodeCall(FuzzCounter.initialize, (100)))));
    UpgradeableBeacon public immutable beacon = new UpgradeableBeacon(forwards, address(this));
    FuzzCounter public immutable beaconProxy = FuzzCounter(address(new BeaconProxy(address(beacon), "")));
    FuzzCounter[] public clones;

    function upgrade(bool goesBack) external {
        proxy.upgradeToAndCall(goesBack ? backwards : forwards, "");
    }

    function upgradeBeacon(bool goesBack) external {
        beacon.upgradeTo(goesBack ? backwards : forwards);
    }

    function clone(uint8 salt) external returns (address) {
        address made = salt % 2 == 0
            ? Clones.clone(forwards)
            : Clones.cloneDeterministic(backwards, bytes32(uint256(salt)));
        clones.push(FuzzCounter(made));
        return made;
    }

    function increase(uint8 index, uint8 by, bytes calldata data) external payable {
        uint256 chosen = index % (clones.length + 2);
        if (chosen == 0) proxy.increase{value: msg.value}(by, data);
        else if (chosen == 1) beaconProxy.increase(by, data);
        else clones[chosen - 2].increase(by, data);
    }

    function many(bytes[] calldata calls) external returns (bytes[] memory) {
        return proxy.multicall(calls);
    }

    function reenter() external {
        proxy.reenter();
    }
}
