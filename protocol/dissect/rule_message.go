package dissect

// messageRules are the rules of type, code and payload.
var messageRules = [ruleCount]Rule{
	ruleReservedClass: {
		"code-class-reserved", Error, false, "The code's class is reserved",
		"RFC 7252 §3", "Use class 0 for a request, and 2, 4 or 5 for a response. A recipient rejects this message.",
	},
	ruleSignalingOnUDP: {
		"signaling-on-udp", Error, false, "A signalling code on UDP",
		"RFC 7252 §4.2", "Class 7 belongs to reliable transports (RFC 8323 §5). A recipient on UDP rejects this message.",
	},
	ruleUnknownCode: {
		"code-unknown", Note, false, "The code is not registered",
		"RFC 7252 §12.1", "A server answers an unknown method with 4.05; a client takes an unknown response for the first of its class.",
	},
	ruleEmptyReliable: {
		"empty-not-empty", Warning, false, "An Empty message with a token, an option or a payload",
		"RFC 8323 §3.4", "Send nothing behind the code: a recipient ignores an Empty message. A Ping (7.02) takes a token.",
	},
	ruleEmptyNonConfirmable: {
		"empty-non-confirmable", Error, false, "An Empty message that is Non-confirmable",
		"RFC 7252 §4.3", "Send a ping as Confirmable.",
	},
	ruleRequestInAck: {
		"request-in-acknowledgement", Error, false, "A request in an Acknowledgement",
		"RFC 7252 §4.2", "Send requests as Confirmable or Non-confirmable. A recipient ignores this message.",
	},
	ruleResetNotEmpty: {
		"reset-not-empty", Error, false, "A Reset that is not Empty",
		"RFC 7252 §4.2", "Send a Reset with code 0.00 and nothing behind the message ID. A recipient ignores this message.",
	},
	ruleDiagnosticUTF8: {
		"diagnostic-not-utf-8", Error, false, "The diagnostic payload is not UTF-8",
		"RFC 7252 §5.5.2", "Without Content-Format, what an error response or a signalling message carries is a text in UTF-8. Encode it so, or add a Content-Format.",
	},
	ruleTooLarge: {
		"message-too-large", Warning, false, "The message is larger than a path of unknown size takes unfragmented",
		"RFC 7252 §4.6", "Keep to 1152 bytes, 1024 of them payload: use blocks of 1024 bytes or less (RFC 7959).",
	},
	ruleAbortWithoutDiagnostic: {
		"abort-without-diagnostic", Warning, false, "An Abort without diagnostic payload",
		"RFC 8323 §5.6", "Say in the payload why the connection ends.",
	},
	ruleContinueWithoutBlock: {
		"continue-without-block1", Warning, false, "2.31 Continue without Block1",
		"RFC 7959 §2.9.1", "Say with Block1, or Q-Block1, which block is acknowledged. Outside a transfer of blocks, answer 2.04.",
	},
	ruleTooLargeWithoutSize: {
		"entity-too-large-without-size1", Note, false, "4.13 Request Entity Too Large without Size1",
		"RFC 7252 §5.9.2.9", "Say with Size1 how large a body the server takes, if it can tell.",
	},
	ruleObserveCode: {
		"observe-response-code", Warning, false, "A notification that is neither 2.05 nor 2.03",
		"RFC 7641 §4.2", "Notify with 2.05 Content or 2.03 Valid.",
	},
	ruleFetchWithoutFormat: {
		"fetch-without-content-format", Error, false, "FETCH without Content-Format",
		"RFC 8132 §2.3.1", "Say with Content-Format what the body is: the server cannot know what is asked for.",
	},
}
