/** Bytes of one bulk command. Measured: from 256 KB to 1 MB there is no difference, and memory is the writer's. */
export const PACKET_BYTES_TARGET = 512 * 1024;
/** Commands on their way; one more is being filled. Together they are the writer's memory. */
export const PACKETS_IN_FLIGHT_MAX = 2;
export const PACKETS_MAX: number = PACKETS_IN_FLIGHT_MAX + 1;
/** The server's own slack below max_allowed_packet, in bytes. */
export const PACKET_RESERVE_BYTES = 1024;
/** Ahead of each tuple as PostgreSQL sends it: the letter and the length of its message. */
export const COPY_DATA_HEADER_BYTES = 5;
