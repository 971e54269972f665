/// Every limit of what travels, in one place. What exceeds one is refused before memory is taken for it.
package enum WireLimits {
  /// The first number of a version decides: peers with different ones do not understand each other.
  package static let protocolVersion: UInt32 = 1

  /// The longest message, in bytes.
  package static let messageBytes = 8 << 20
  /// The longest part of a model, of an answer or of a file, in bytes.
  package static let partBytes = 1 << 20
  /// A part as it is sent: with its names around it, it fits into a buffer of ``partBytes``, which would be doubled for it.
  package static let sentPartBytes = partBytes - 4096
  /// Answers up to so many bytes travel with their offer.
  package static let inlineAnswerBytes = 64 << 10
  /// The longest question without its models, in bytes.
  package static let queryBytes = 6 << 20
  /// The longest task, in bytes.
  package static let taskBytes = 1 << 20
  /// The longest model or answer, in bytes.
  package static let blobBytes = 16 << 30
  /// Models that a question may name.
  package static let blobsInQuestion = 256
  /// Answers that a participant may hold at a time without knowing what became of them.
  package static let pendingAnswers = 1024
  /// Runs that a participant may be in at a time.
  package static let runs = 1024
  /// The longest reason, in bytes of UTF-8; longer ones are cut by whoever sends them.
  package static let reasonBytes = 2000
  /// The longest name of a run, a program or a kind of question, in bytes.
  package static let nameBytes = 200
  /// The longest signing request or certificate, in bytes.
  package static let certificateBytes = 16 << 10

  /// HTTP/2 window of a stream and of a connection, in bytes: the usual 64 KiB cost a factor of ten on uploads. Over a
  /// distance of 50 ms this one lets 80 MB/s through.
  package static let windowBytes = 4 << 20
  /// HTTP/2 frame, in bytes.
  package static let frameBytes = 1 << 20
  /// Calls that one connection may have open.
  package static let streams = 16
  /// What models and answers on their way may take of the server's memory, in bytes.
  package static let transferMemory = 256 << 20
  /// How long a transfer may keep others waiting.
  package static let transferTurn = Duration.seconds(10)

  /// Connections that have not shown a certificate yet: beyond, the oldest makes room.
  package static let strangers = 1024
  /// Connections of members.
  package static let connections = 8192
  /// How long a handshake may take, and after it the first bytes of HTTP/2.
  package static let greeting = Duration.seconds(10)
  /// A connection without a call ends after so long.
  package static let idleConnection = Duration.seconds(120)
  /// Files and connections that the server asks the system for.
  package static let files = 65536
  /// Messages that wait for a peer that does not read; models wait as one message each.
  package static let unread = 2048

  /// A side that has nothing to say shows after so long that it is there.
  package static let heartbeat = Duration.seconds(10)
  /// A stream is taken for broken after so much silence.
  package static let silence = Duration.seconds(45)
  /// How long a call other than a stream may take; a stream, until the server says its first.
  package static let callTimeout = Duration.seconds(20)
  /// How long a proxy may take to open the way to a server.
  package static let proxyTimeout = Duration.seconds(10)
  /// The longest head of a proxy's answer, in bytes.
  package static let proxyAnswerBytes = 16 << 10
}
