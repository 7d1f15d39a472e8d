"""A connection to PostgreSQL that does not wait for ever. Imported only for `store.url`: psycopg is an extra."""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

ANSWER_S = 6.0
"""A server that leaves a statement without an answer for this long is taken for lost, seconds. libpq has no limit of
its own, and the server's limits do not help where the server itself hangs."""

T = TypeVar("T")


class PatientConnection(psycopg.Connection[Any]):
    """Gives up after `answer_s` without an answer; None: waits for ever."""

    answer_s: float | None = ANSWER_S

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.answer_s)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()  # nobody knows what the server makes of the statement; the connection is of no use
            raise psycopg.OperationalError(f"no answer within {self.answer_s:g} s") from None
