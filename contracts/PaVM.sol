// SPDX-License-Identifier: MIT
pragma solidity ^0.8.11;

/// What the node does for a contract that calls its reserved address.
interface IPaVM {
    function subsol(uint256 id, bytes calldata data) external;
    function sleep(uint256 id, uint256 turns) external;
    function revertt(uint256 id) external;
    function afterw(uint256 id, uint256 other, uint256 slot, bytes calldata data) external;
    function afterr(uint256 id, uint256 other, uint256 slot, bytes calldata data) external;
    function aftera(uint256 id, uint256 other, bytes calldata data) external;
    function rr() external;
    function rphash() external returns (bytes32 hash);
    function rdr(uint256 key) external returns (uint256 value);
    function wtr(uint256 key, uint256 value) external;
    function join(uint256 id) external returns (bool returned, bytes memory output);
    function tid() external returns (uint256 id);
    function rws() external returns (uint256 count);
}

/// Threads for contracts that are compiled by solc alone. A thread is a call of this contract that is put off: `data` is what the
/// call is made of, as by `abi.encodeCall(this.f, (x, y))`. What is said here of each function is also so of the keyword.
library PaVM {
    /// "PaVM" in ASCII.
    address internal constant THREADS = 0x000000000000000000000000000000005061564d;

    /// Starts a thread with an id that is new in this call.
    function subsol(uint256 id, bytes memory data) internal {
        request(abi.encodeCall(IPaVM.subsol, (id, data)));
    }

    /// Lets other threads go ahead.
    function sleep(uint256 id, uint256 turns) internal {
        request(abi.encodeCall(IPaVM.sleep, (id, turns)));
    }

    /// Drops a thread that has not taken effect.
    function revertt(uint256 id) internal {
        request(abi.encodeCall(IPaVM.revertt, (id)));
    }

    /// Starts a thread that takes effect after another one, which writes the slot.
    function afterw(uint256 id, uint256 other, uint256 slot, bytes memory data) internal {
        request(abi.encodeCall(IPaVM.afterw, (id, other, slot, data)));
    }

    /// Starts a thread that takes effect after another one, which reads the slot.
    function afterr(uint256 id, uint256 other, uint256 slot, bytes memory data) internal {
        request(abi.encodeCall(IPaVM.afterr, (id, other, slot, data)));
    }

    /// Starts a thread that takes effect after another one.
    function aftera(uint256 id, uint256 other, bytes memory data) internal {
        request(abi.encodeCall(IPaVM.aftera, (id, other, data)));
    }

    /// Notes that reads and writes are recorded here.
    function rr() internal {
        request(abi.encodeCall(IPaVM.rr, ()));
    }

    /// The hash of the operations that the transaction has recorded so far.
    function rphash() internal returns (bytes32 hash) {
        return abi.decode(request(abi.encodeCall(IPaVM.rphash, ())), (bytes32));
    }

    /// A word that this call and its threads leave for one another.
    function rdr(uint256 key) internal returns (uint256 value) {
        return abi.decode(request(abi.encodeCall(IPaVM.rdr, (key))), (uint256));
    }

    /// Leaves a word for this call and its threads.
    function wtr(uint256 key, uint256 value) internal {
        request(abi.encodeCall(IPaVM.wtr, (key, value)));
    }

    /// Lets all threads take effect; whether this one returned, and what it returned or reverted with.
    function join(uint256 id) internal returns (bool returned, bytes memory output) {
        return abi.decode(request(abi.encodeCall(IPaVM.join, (id))), (bool, bytes));
    }

    /// The thread that runs; 0 for the main one.
    function tid() internal returns (uint256 id) {
        return abi.decode(request(abi.encodeCall(IPaVM.tid, ())), (uint256));
    }

    /// How many locations the transaction has recorded so far.
    function rws() internal returns (uint256 count) {
        return abi.decode(request(abi.encodeCall(IPaVM.rws, ())), (uint256));
    }

    function request(bytes memory data) private returns (bytes memory output) {
        bool succeeded;
        address threads = THREADS;
        assembly ("memory-safe") {
            // Not `gas()`: code that looks at its gas is not run ahead on other processors.
            succeeded := call(not(0), threads, 0, add(data, 32), mload(data), 0, 0)
            output := mload(64)
            let length := returndatasize()
            mstore(output, length)
            returndatacopy(add(output, 32), 0, length)
            mstore(64, add(output, and(add(length, 63), not(31))))
            if iszero(succeeded) { revert(add(output, 32), length) }
        }
        require(output.length > 0, "PaVM: this chain has no threads");
    }
}
