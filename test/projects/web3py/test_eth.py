"""w3.eth, w3.net, w3.geth.txpool: what there is to read, and every way to send."""

import unittest

from web3.exceptions import BlockNotFound, TransactionNotFound, Web3RPCError

from node import ALICE, BOB, NodeTest


class ReadTest(NodeTest):
    def test_client(self):
        self.assertTrue(self.w3.is_connected())
        self.assertIn("pavm/", self.w3.client_version)
        self.assertEqual(self.w3.eth.chain_id, 31337)
        self.assertEqual(self.w3.net.version, "31337")
        self.assertEqual(self.w3.net.peer_count, 0)
        self.assertFalse(self.w3.eth.syncing)
        self.assertEqual(self.w3.eth.accounts[:2], [ALICE.address, BOB.address])

    def test_fees(self):
        base_fee = self.w3.eth.get_block("latest").baseFeePerGas
        self.assertGreaterEqual(self.w3.eth.gas_price, base_fee)
        self.assertGreaterEqual(self.w3.eth.max_priority_fee, 0)
        self.assertEqual(self.w3.eth.blob_base_fee, 1)
        self.ask("anvil_mine", 3)
        history = self.w3.eth.fee_history(2, "latest", [50])
        self.assertEqual(history.oldestBlock, 2)
        self.assertEqual(len(history.baseFeePerGas), 3)

    def test_blocks_and_transactions(self):
        receipt = self.mined(self.w3.eth.send_transaction({"from": ALICE.address, "to": BOB.address, "value": 7}))
        block = self.w3.eth.get_block(1, full_transactions=True)
        [transaction] = block.transactions
        self.assertEqual(transaction.hash, receipt.transactionHash)
        self.assertEqual(block, self.w3.eth.get_block(block.hash, True))
        self.assertEqual(transaction, self.w3.eth.get_transaction(receipt.transactionHash))
        for place in (1, block.hash, "latest"):
            self.assertEqual(transaction, self.w3.eth.get_transaction_by_block(place, 0))
            self.assertEqual(self.w3.eth.get_block_transaction_count(place), 1)
            raw = self.w3.eth.get_raw_transaction_by_block(place, 0)
            self.assertEqual(raw, self.w3.eth.get_raw_transaction(transaction.hash))
        self.assertEqual(self.w3.eth.get_block_receipts(1), [receipt])
        self.assertEqual(self.w3.keccak(self.w3.eth.get_raw_transaction(transaction.hash)), transaction.hash)
        with self.assertRaises(BlockNotFound):
            self.w3.eth.get_block(99)
        with self.assertRaises(TransactionNotFound):
            self.w3.eth.get_transaction(block.hash)

    def test_state(self):
        token = self.deploy_token()
        self.assertEqual(self.w3.eth.get_balance(BOB.address), 10_000 * 10**18)
        self.assertEqual(self.w3.eth.get_transaction_count(ALICE.address), 1)
        self.assertEqual(self.w3.eth.get_transaction_count(ALICE.address, 0), 0)
        code = self.w3.eth.get_code(token.address)
        self.assertEqual(int.from_bytes(self.w3.eth.get_storage_at(token.address, 2)), 1_000)
        proof = self.w3.eth.get_proof(token.address, [2])
        self.assertEqual(proof.codeHash, self.w3.keccak(code))
        self.assertEqual(int.from_bytes(proof.storageProof[0].value), 1_000)

    def test_simulations(self):
        call = {"from": ALICE.address, "to": BOB.address, "value": 5}
        [block] = self.w3.eth.simulate_v1({"blockStateCalls": [{"calls": [call]}]}, "latest")
        self.assertEqual(block.number, 1)
        self.assertEqual(block.calls[0].status, 1)
        self.assertEqual(self.w3.eth.block_number, 0)

    def test_batch(self):
        with self.w3.batch_requests() as batch:
            batch.add(self.w3.eth.get_block(0))
            batch.add(self.w3.eth.get_balance(BOB.address))
            block, balance = batch.execute()
        self.assertEqual(block.number, 0)
        self.assertEqual(balance, 10_000 * 10**18)


class SendTest(NodeTest):
    def send_signed(self, **fields):
        nonce = self.w3.eth.get_transaction_count(ALICE.address)
        common = {"to": BOB.address, "value": 1, "gas": 100_000, "nonce": nonce, "chainId": 31337}
        signed = ALICE.sign_transaction({**common, **fields})
        return self.mined(self.w3.eth.send_raw_transaction(signed.raw_transaction))

    def test_every_type(self):
        price = self.w3.eth.gas_price
        fees = {"maxFeePerGas": 2 * price, "maxPriorityFeePerGas": 1}
        access_list = [{"address": BOB.address, "storageKeys": ["0x" + "00" * 32]}]
        delegation = ALICE.sign_authorization({"chainId": 31337, "address": BOB.address, "nonce": 4})
        for number, fields in enumerate(
            [
                {"gasPrice": price},
                {"gasPrice": price, "accessList": access_list},
                fees,
                {**fees, "authorizationList": [delegation]},
            ]
        ):
            receipt = self.send_signed(**fields)
            self.assertEqual(receipt.type, number if number < 3 else 4)
        self.assertEqual(self.w3.eth.get_code(ALICE.address).hex(), "ef0100" + BOB.address[2:].lower())

    def test_replacing(self):
        self.ask("evm_setAutomine", False)
        order = {"from": ALICE.address, "to": BOB.address, "value": 1, "gas": 21_000, "gasPrice": 2 * 10**9, "nonce": 0}
        first = self.w3.eth.send_transaction(order)
        second = self.w3.eth.replace_transaction(first, {**order, "value": 2, "gasPrice": 3 * 10**9})
        third = self.w3.eth.modify_transaction(second, value=3, gasPrice=4 * 10**9)
        self.assertEqual(self.w3.geth.txpool.status().pending, "0x1")
        [waiting] = self.w3.geth.txpool.content().pending[ALICE.address].values()
        self.assertEqual(waiting["hash"], third.to_0x_hex())
        self.assertIn("3 wei", self.w3.geth.txpool.inspect().pending[ALICE.address]["0"])
        self.ask("evm_mine")
        self.assertEqual(self.mined(third).blockNumber, 1)
        self.assertEqual(self.w3.eth.get_balance(BOB.address), 10_000 * 10**18 + 3)

    def test_refusals(self):
        order = {"from": ALICE.address, "to": BOB.address, "value": 10**30}
        with self.assertRaisesRegex(Web3RPCError, "insufficient funds"):
            self.w3.eth.send_transaction(order)
        with self.assertRaisesRegex(Web3RPCError, "unknown account"):
            self.w3.eth.send_transaction({"from": "0x" + "11" * 20, "to": BOB.address})
        self.send_signed(gasPrice=self.w3.eth.gas_price)
        with self.assertRaisesRegex(Web3RPCError, "nonce too low"):
            self.send_signed(gasPrice=self.w3.eth.gas_price, nonce=0)


if __name__ == "__main__":
    unittest.main()
