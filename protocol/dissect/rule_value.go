package dissect

// valueRules are the rules of single options, their values and what goes with them.
var valueRules = [ruleCount]Rule{
	ruleProxyURIBesideURI: {
		"proxy-uri-beside-uri", Error, false, "Proxy-Uri beside Uri options",
		"RFC 7252 §5.10.2", "Send either Proxy-Uri or Uri-Host, Uri-Port, Uri-Path and Uri-Query; Proxy-Uri takes precedence.",
	},
	ruleDotSegment: {
		"dot-segment", Error, false, `A path segment "." or ".."`,
		"RFC 7252 §5.10.1", "Resolve the reference before sending it as options.",
	},
	ruleObserveMethod: {
		"observe-method", Warning, false, "Observe in a request that observes nothing",
		"RFC 7641 §2", "Observe with GET, or with FETCH (RFC 8132 §2.4).",
	},
	ruleObserveValue: {
		"observe-value", Warning, false, "An Observe value that is neither register nor deregister",
		"RFC 7641 §2", "Use 0 to register and 1 to deregister.",
	},
	ruleObserveInError: {
		"observe-in-error", Error, false, "Observe in a response that is not a success",
		"RFC 7641 §4.2", "Leave the option out: an error response ends the observation.",
	},
	ruleBlockSZX7: {
		"block-szx-7", Error, false, "Block size exponent 7 on UDP",
		"RFC 7959 §2.2", "Use 0 to 6, for 16 to 1024 bytes; 7 belongs to reliable transports (RFC 8323 §6).",
	},
	ruleBlock2More: {
		"block2-more-in-request", Error, false, "M is set in the Block2 option of a request",
		"RFC 7959 §2.2", "Send M as 0; a server ignores it.",
	},
	ruleBlockPayload: {
		"block-payload-size", Error, false, "The payload is not as long as the block",
		"RFC 7959 §2.3", "With M set, the payload has exactly the block size.",
	},
	ruleBERTPayload: {
		"bert-payload-size", Error, false, "The payload of a BERT block is not a multiple of 1024 bytes",
		"RFC 8323 §6", "With M set, the payload is one or more whole blocks of 1024 bytes.",
	},
	ruleHopLimitZero: {
		"hop-limit-zero", Error, false, "Hop-Limit is 0",
		"RFC 8768 §3", "Use 1 to 255; a recipient rejects 0 with 4.00.",
	},
	ruleNoResponseBits: {
		"no-response-bits", Warning, false, "No-Response has bits without a meaning",
		"RFC 7967 §2.1", "Use the sum of 2 for 2.xx, 8 for 4.xx and 16 for 5.xx.",
	},
	ruleOSCOREOption: {
		"oscore-option-malformed", Error, false, "The OSCORE option is malformed",
		"RFC 8613 §6.1", "A recipient cannot decompress the COSE object, and answers 4.02 or drops the message.",
	},
	rulePayloadUndefined: {
		"payload-undefined", Warning, false, "A payload where the method defines none",
		"RFC 7252 §5.5", "Leave the payload out, a recipient ignores it; FETCH is the GET with a payload (RFC 8132 §2).",
	},
	ruleValidWithPayload: {
		"valid-with-payload", Error, false, "2.03 Valid with a payload",
		"RFC 7252 §5.9.1.3", "Leave the payload out, or answer 2.05.",
	},
	ruleValidWithoutETag: {
		"valid-without-etag", Error, false, "2.03 Valid without ETag",
		"RFC 7252 §5.9.1.3", "Say with an ETag which stored response is valid.",
	},
	ruleProxySchemeBesideURI: {
		"proxy-scheme-beside-proxy-uri", Warning, false, "Proxy-Scheme beside Proxy-Uri",
		"RFC 7252 §5.10.2", "Send one of them: Proxy-Uri has the scheme already.",
	},
	ruleProxySchemeWithoutHost: {
		"proxy-scheme-without-uri-host", Warning, false, "Proxy-Scheme without Uri-Host",
		"RFC 7252 §5.10.2", "Name the origin server with Uri-Host: without it the URI is one of the proxy itself.",
	},
	ruleProxyURIRelative: {
		"proxy-uri-not-absolute", Warning, false, "Proxy-Uri is not an absolute URI",
		"RFC 7252 §5.10.2", "Write a URI with its scheme, without a fragment, such as coap://host/path.",
	},
	ruleHostCase: {
		"uri-host-upper-case", Warning, false, "Uri-Host has upper-case letters",
		"RFC 7252 §6.4", "Write the host in lower case, so that servers and caches find it equal.",
	},
	rulePathSlash: {
		"uri-path-with-slash", Note, false, "A path segment with a slash in it",
		"RFC 7252 §6.4", "It stands for %2F in the URI. If several segments are meant, send each in an option of its own.",
	},
	ruleQuerySeparator: {
		"uri-query-with-ampersand", Note, false, "A query argument with an ampersand in it",
		"RFC 7252 §6.4", "It stands for %26 in the URI. If several arguments are meant, send each in an option of its own.",
	},
	ruleBothConditions: {
		"if-match-and-if-none-match", Warning, false, "If-Match and If-None-Match in one request",
		"RFC 7252 §5.10.8.2", "Send one of them: both conditions are never fulfilled.",
	},
	ruleIfNoneMatchMethod: {
		"if-none-match-method", Warning, false, "If-None-Match in a request that creates nothing",
		"RFC 7252 §5.10.8.2", "Leave it out: it lets a request through only where there is no resource, which suits PUT, POST, PATCH and iPATCH.",
	},
	ruleIfNoneMatchBlock: {
		"if-none-match-later-block", Error, false, "If-None-Match in a block that is not the first",
		"RFC 7959 §2.10", "Send it with block 0 only: later the resource may be there because of the transfer.",
	},
	ruleETagMethod: {
		"etag-method", Warning, false, "ETag in a request that fetches nothing",
		"RFC 7252 §5.10.6.2", "Use ETag with GET or FETCH, to ask whether a stored response is valid; use If-Match for a condition.",
	},
	ruleETagError: {
		"etag-in-error", Warning, false, "An ETag in a response that has no representation",
		"RFC 7252 §5.10.6.1", "Leave the ETag out: there is nothing in this response that it could tell apart.",
	},
	ruleLocationCode: {
		"location-without-created", Warning, false, "A location in a response that is not 2.01",
		"RFC 7252 §5.10.7", "Location-Path and Location-Query say where a resource was created: send them with 2.01 Created.",
	},
	ruleSize2Request: {
		"size2-in-request", Error, false, "Size2 in a request is not 0",
		"RFC 7959 §4", "Send 0, which asks for the size of the response's body.",
	},
	ruleBlock1MoreBlock2: {
		"block2-beside-block1-more", Error, false, "Block2 in a response whose Block1 has M set",
		"RFC 7959 §2.3", "M says that the final response comes later: it is that one which can have a body in blocks.",
	},
	ruleBlockBesideQBlock: {
		"block-beside-q-block", Error, false, "Block1 or Block2 beside Q-Block1 or Q-Block2",
		"RFC 9177 §4.1", "Use options of one kind in a message. A recipient answers 4.02.",
	},
	ruleQBlock1Tag: {
		"q-block1-without-request-tag", Error, false, "Q-Block1 in a request without Request-Tag",
		"RFC 9177 §4.3", "Add a Request-Tag, the same in all blocks of the body. A server answers 4.00.",
	},
	ruleQBlockSize: {
		"q-block-without-size", Error, false, "Q-Block without the size of the body",
		"RFC 9177 §4.6", "Add Size1 to each request with Q-Block1, and Size2 to each response with Q-Block2.",
	},
	ruleQBlock2Order: {
		"q-block2-order", Error, false, "Missing blocks are not asked for in increasing order",
		"RFC 9177 §4.4", "Ask for each missing block once, in order of number. A server answers 4.00.",
	},
	ruleMissingBlocksReliable: {
		"missing-blocks-on-reliable", Warning, false, "Missing blocks reported on a reliable transport",
		"RFC 9177 §5", "Leave the report out: on TCP and WebSockets no block is lost, and the client knows what it has sent.",
	},
	ruleMissingBlocksPayload: {
		"missing-blocks-payload", Error, false, "The payload is no list of missing blocks in ascending order",
		"RFC 9177 §5", "List each missing block once, as a CBOR unsigned integer, in order of number. A client drops the response.",
	},
	ruleExtendedTokenRange: {
		"extended-token-length-range", Error, false, "Extended-Token-Length is not from 8 to 65804",
		"RFC 8974 §2.2.1", "Use 8 to 65804. A recipient ignores less, and takes more for 65804.",
	},
	ruleOSCOREPayload: {
		"oscore-without-payload", Error, false, "OSCORE without payload",
		"RFC 8613 §2", "The ciphertext is the payload: a recipient rejects a message without it.",
	},
	ruleOSCORECode: {
		"oscore-outer-code", Error, false, "The outer code of an OSCORE message",
		"RFC 8613 §4.2", "Send 0.02 POST and 2.04 Changed, with Observe 0.05 FETCH and 2.05 Content: the real code is in the ciphertext.",
	},
	ruleOSCORERequest: {
		"oscore-request-incomplete", Error, false, "An OSCORE request without kid or Partial IV",
		"RFC 8613 §5", "Send both: the server finds the security context by kid, and replays by Partial IV.",
	},
	ruleOSCOREPartialIV: {
		"oscore-partial-iv-zeros", Error, false, "The Partial IV has leading zero bytes",
		"RFC 8613 §5", "Encode the sequence number in as few bytes as possible; 0 is one byte.",
	},
	ruleOSCOREInner: {
		"oscore-option-outside", Error, false, "An option outside the ciphertext of OSCORE that belongs inside",
		"RFC 8613 §4.1.1", "Encrypt it: outside, everyone on the path sees it, and the recipient discards it.",
	},
	ruleOSCORENoResponse: {
		"oscore-outer-no-response", Warning, false, "No-Response outside the ciphertext of OSCORE",
		"RFC 8613 §4.1.3.6", "Encrypt it; outside, only 26 may stand, where the encrypted one is 26 too. The server ignores it.",
	},
}
