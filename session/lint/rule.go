package lint

import (
	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// ruleID is the index of a rule in the table.
type ruleID uint8

const (
	_ ruleID = iota

	// Of the message layer.
	ruleRetransmissionEarly
	ruleRetransmissionNotDoubled
	ruleRetransmissionMany
	ruleRetransmissionSpan
	ruleRetransmissionDiffers
	ruleRetransmissionAnswered
	ruleMessageIDReused
	ruleAckUnmatched
	ruleAckOfNON
	ruleAckOfResponse
	rulePingAcknowledged
	ruleConfirmableMulticast
	ruleResetToMulticast
	ruleOutstanding
	ruleUnacknowledged

	// Of requests and responses.
	ruleTokenNotEchoed
	ruleResponseUnmatched
	ruleResponseElsewhere
	rulePiggybackedAfterAck
	ruleAnsweredAgain
	ruleDuplicateProcessed
	ruleDuplicateAnswered
	ruleConfirmableToNON
	ruleTokenReused
	ruleCodeForMethod
	ruleNotAccepted
	ruleLocation
	ruleETagNotOffered
	ruleETagMulticast
	ruleBadOptionAccepted
	ruleBadOptionRepeated
	ruleAskedTooSoon
	ruleNotWanted
	rulePayloadFormat

	// Of Observe.
	ruleObserveNotAsked
	ruleObserveTwice
	ruleObserveOptions
	ruleReregistrationEarly
	ruleStale
	ruleSequenceRepeated
	ruleNotificationFormat
	ruleNotificationPlain
	ruleAfterDeregistration
	ruleAfterReset
	ruleAfterEnd
	ruleAfterTimeout
	ruleNoConfirmable

	// Of block-wise transfer.
	ruleBlockGap
	ruleBlockOverlap
	ruleBlock1Larger
	ruleBlockFormat
	ruleBlock1NotAcknowledged
	ruleBlock1Mismatch
	ruleBlock1Grown
	ruleContinueUnasked
	ruleIncompleteUnasked
	ruleSize1
	ruleBlock2Wrong
	ruleBlock2Larger
	ruleBlock2Size
	ruleBlock2RequestSize
	ruleBlock2Order
	ruleBlock2Sequential
	ruleBlock2Missing
	ruleBlockBeyondEnd
	ruleBlockETag
	ruleSize2

	// Of Echo, Request-Tag and extended tokens.
	ruleEchoNotReturned
	ruleEchoChanged
	ruleRequestTag
	ruleRequestTagAgain
	ruleExtendedTokenNON
	ruleExtendedTokenRefused
	ruleExtendedTokenReset
	ruleExtendedTokenCSM

	// Of reliable transports.
	ruleCSMMissing
	ruleMessageSize
	ruleBERT
	rulePong
	ruleAfterRelease
	ruleAfterAbort

	ruleCount
)

// place says which part of the message a finding is about.
type place struct {
	kind   dissect.Kind
	option protocol.OptionNumber // the option that the kind is a part of, 0 for none
}

var (
	atMessageID = place{kind: dissect.MessageID}
	atType      = place{kind: dissect.MessageType}
	atCode      = place{kind: dissect.Code}
	atToken     = place{kind: dissect.Token}
	atPayload   = place{kind: dissect.Payload}
)

// atOption is the value of an option, atPart a part of it.
func atOption(n protocol.OptionNumber) place               { return place{dissect.OptionValue, n} }
func atPart(n protocol.OptionNumber, k dissect.Kind) place { return place{k, n} }

// row is a rule, where it is broken, and how expected and actual are written; see fill.
type row struct {
	id         string
	severity   dissect.Severity
	title      string
	reference  string
	suggestion string
	at         place
	expected   string
	actual     string
}

// rows has all rules. An Error breaks a MUST of the reference, a Warning breaks a SHOULD or goes by the default
// transmission parameters, a Note breaks nothing, or nothing that loss does not explain.
var rows = [ruleCount]row{
	ruleRetransmissionEarly: {
		"retransmission-too-early", dissect.Warning, "The retransmission comes too early",
		"RFC 7252 §4.2", "Wait for ACK_TIMEOUT times a random factor of 1 to ACK_RANDOM_FACTOR before the first retransmission, and double that for each further one.",
		atMessageID, "{a s} or more since the last transmission", "{b s}",
	},
	ruleRetransmissionNotDoubled: {
		"retransmission-not-doubled", dissect.Warning, "The time to this retransmission is not double the one before",
		"RFC 7252 §4.2", "Double the timeout at each retransmission.",
		atMessageID, "{a s} since the last transmission", "{b s}",
	},
	ruleRetransmissionMany: {
		"retransmission-too-often", dissect.Warning, "More retransmissions than MAX_RETRANSMIT",
		"RFC 7252 §4.2", "Give up after MAX_RETRANSMIT retransmissions.",
		atMessageID, "at most {a} retransmissions", "the {b}th",
	},
	ruleRetransmissionSpan: {
		"retransmission-too-late", dissect.Warning, "A retransmission after MAX_TRANSMIT_SPAN",
		"RFC 7252 §4.2", "Keep all transmissions of a message within MAX_TRANSMIT_SPAN, or send a new message with another message ID.",
		atMessageID, "within {a s} of the first transmission", "{b s}",
	},
	ruleRetransmissionDiffers: {
		"retransmission-differs", dissect.Error, "The retransmission has other bytes than the first transmission",
		"RFC 7252 §4.2", "Send the same message again, or use another message ID.",
		atMessageID, "the bytes of frame {frame}", "other bytes with the same message ID, code and token",
	},
	ruleRetransmissionAnswered: {
		"retransmission-after-answer", dissect.Note, "A retransmission although the answer is there",
		"RFC 7252 §4.2", "The answer was lost, or came later than the timeout; if neither, stop retransmitting when it comes.",
		atMessageID, "no retransmission after frame {frame}", "{a s} after it",
	},
	ruleMessageIDReused: {
		"message-id-reused", dissect.Warning, "The message ID is used again too soon",
		"RFC 7252 §4.4", "Use another message ID towards this endpoint until the lifetime of the first message is over; a recipient takes this one for its duplicate.",
		atMessageID, "another ID than frame {frame} for {a s}", "the same after {b s}",
	},
	ruleAckUnmatched: {
		"acknowledgement-unmatched", dissect.Warning, "An Acknowledgement or Reset of nothing",
		"RFC 7252 §4.4", "Echo the message ID, and answer from the endpoint that the message was sent to.",
		atMessageID, "the message ID of a message from that endpoint", "{a mid}, which none of its messages has",
	},
	ruleAckOfNON: {
		"acknowledgement-of-non", dissect.Error, "An Acknowledgement of a Non-confirmable message",
		"RFC 7252 §4.3", "Answer a Non-confirmable message with a Non-confirmable one, or not at all.",
		atType, "NON or CON, or no answer", "ACK of frame {frame}, which is NON",
	},
	ruleAckOfResponse: {
		"acknowledgement-of-response-not-empty", dissect.Error, "The Acknowledgement of a response is not Empty",
		"RFC 7252 §5.2.2", "Acknowledge a separate response with an Empty message.",
		atCode, "0.00 Empty, as frame {frame} is a response", "{a code}",
	},
	rulePingAcknowledged: {
		"ping-acknowledged", dissect.Error, "A ping was acknowledged instead of rejected",
		"RFC 7252 §4.2", "Answer an Empty Confirmable message with a Reset.",
		atType, "RST", "ACK of the ping in frame {frame}",
	},
	ruleConfirmableMulticast: {
		"confirmable-multicast", dissect.Error, "A Confirmable message to a group",
		"RFC 7252 §8.1", "Send multicast messages as Non-confirmable.",
		atType, "NON", "CON to a multicast address",
	},
	ruleResetToMulticast: {
		"reset-to-multicast", dissect.Error, "A Reset in answer to a multicast message",
		"RFC 7252 §8.1", "Do not answer a multicast message that cannot be processed.",
		atType, "no answer to frame {frame}", "RST",
	},
	ruleOutstanding: {
		"nstart-exceeded", dissect.Warning, "More interactions are open with this endpoint than NSTART",
		"RFC 7252 §4.7", "Wait for the acknowledgement or the response before the next Confirmable message to the same endpoint.",
		atMessageID, "at most {a} outstanding", "sent while frame {frame} waits for its acknowledgement",
	},
	ruleUnacknowledged: {
		"confirmable-unacknowledged", dissect.Warning, "A Confirmable response is never acknowledged, though its recipient is there",
		"RFC 7252 §4.2", "Acknowledge each Confirmable message, or reject it with a Reset.",
		atMessageID, "an ACK or RST within {a s}", "none, but other messages of the recipient until frame {frame}",
	},

	ruleTokenNotEchoed: {
		"token-not-echoed", dissect.Error, "The response has another token than its request",
		"RFC 7252 §5.3.1", "Echo the token without a change.",
		atToken, "the token of frame {frame}", "another token in the Acknowledgement of its message ID",
	},
	ruleResponseUnmatched: {
		"response-unmatched", dissect.Warning, "A response that no request fits",
		"RFC 7252 §5.3.2", "Echo the token, and answer within the lifetime of the exchange; the client rejects this response.",
		atToken, "the token of an open request of the recipient", "none has this token",
	},
	ruleResponseElsewhere: {
		"response-from-elsewhere", dissect.Error, "The response comes from another endpoint than the one asked",
		"RFC 7252 §5.3.2", "Answer from the address and port that the request was sent to.",
		atToken, "from the destination of frame {frame}", "from another address or port",
	},
	rulePiggybackedAfterAck: {
		"piggybacked-after-acknowledgement", dissect.Error, "A response in an Acknowledgement after an Empty one",
		"RFC 7252 §5.2.2", "Once a request was acknowledged with an Empty message, send the response in a message of its own.",
		atType, "CON or NON, as frame {frame} was acknowledged", "ACK",
	},
	ruleAnsweredAgain: {
		"answered-again", dissect.Warning, "A second response to the same request",
		"RFC 7252 §5.2", "Answer a request once, or with Observe where it asks for notifications.",
		atToken, "one response to frame {frame}", "another one with the same token",
	},
	ruleDuplicateProcessed: {
		"duplicate-processed-again", dissect.Note, "A duplicate of an idempotent request was answered in another way",
		"RFC 7252 §4.5", "Answering duplicates from memory gives the same response; processing them again is allowed for idempotent requests.",
		atMessageID, "the answer given before to frame {frame}", "another one",
	},
	ruleDuplicateAnswered: {
		"duplicate-answered-differently", dissect.Warning, "A duplicate was answered in another way",
		"RFC 7252 §4.5", "Keep the answer for EXCHANGE_LIFETIME and send it again, so that a request takes effect only once.",
		atMessageID, "the answer given before to frame {frame}", "another one, though {a code} is not idempotent",
	},
	ruleConfirmableToNON: {
		"confirmable-to-non", dissect.Warning, "A Confirmable response to a Non-confirmable request",
		"RFC 7252 §5.2.3", "Answer a Non-confirmable request with a Non-confirmable message.",
		atType, "NON, as frame {frame}", "CON",
	},
	ruleTokenReused: {
		"token-reused", dissect.Warning, "The token of an open request is used again",
		"RFC 7252 §5.3.1", "Use another token as long as a response may come to the first request.",
		atToken, "another token than frame {frame}, which is open", "the same",
	},
	ruleCodeForMethod: {
		"response-code-for-method", dissect.Warning, "The response code does not go with the method",
		"RFC 7252 §5.8", "Use 2.05 or 2.03 for GET and FETCH, 2.01, 2.02 or 2.04 for POST, 2.01 or 2.04 for PUT, PATCH and iPATCH, 2.02 for DELETE.",
		atCode, "a success code of {a code}", "{b code}",
	},
	ruleNotAccepted: {
		"content-format-not-accepted", dissect.Error, "The response has another Content-Format than the request accepts",
		"RFC 7252 §5.10.4", "Answer in the format that Accept names, or with 4.06.",
		atOption(protocol.ContentFormatOption), "{a format}, by Accept in frame {frame}", "{b format}",
	},
	ruleLocation: {
		"location-without-creation", dissect.Warning, "A location in the response to a request that creates nothing",
		"RFC 7252 §5.10.7", "Location-Path and Location-Query belong to 2.01.",
		atCode, "Location options in 2.01 only", "Location options in the response to {a code}",
	},
	ruleETagNotOffered: {
		"etag-not-offered", dissect.Error, "2.03 for an ETag that the client did not offer",
		"RFC 7252 §5.10.6.2", "Answer 2.03 only with an ETag of the request, else 2.05 with the representation.",
		atOption(protocol.ETag), "an ETag of frame {frame}", "another one",
	},
	ruleETagMulticast: {
		"etag-in-multicast", dissect.Error, "A GET to a group with ETag",
		"RFC 7252 §8.2.1", "Leave the ETag out: each server has its own.",
		atOption(protocol.ETag), "no ETag", "ETag in a multicast GET",
	},
	ruleBadOptionAccepted: {
		"bad-option-accepted", dissect.Error, "A request with a critical option that counts as unrecognised was answered as if it did not",
		"RFC 7252 §5.4.1", "Answer 4.02 to a critical option of illegal length, repeated against its definition, or without meaning in requests.",
		atCode, "4.02 Bad Option, see frame {frame}", "{a code}",
	},
	ruleBadOptionRepeated: {
		"repeated-after-bad-option", dissect.Warning, "The request that was answered 4.02 comes again unchanged",
		"RFC 7252 §5.9.2.3", "Leave out or correct the option that the server does not accept.",
		atCode, "another request than the one that frame {frame} refused", "the same",
	},
	ruleAskedTooSoon: {
		"asked-too-soon", dissect.Warning, "The request comes again before the server wants it",
		"RFC 8516 §4", "After 4.29 or 5.03, wait as long as Max-Age says.",
		atCode, "nothing for {a s} after frame {frame}", "a similar request after {b s}",
	},
	ruleNotWanted: {
		"response-not-wanted", dissect.Note, "A response of a class in which the client has no interest",
		"RFC 7967 §2.1", "Leave the response out; a Confirmable request still gets an Empty Acknowledgement.",
		atCode, "no {b class} response, by No-Response in frame {frame}", "{a code}",
	},
	rulePayloadFormat: {
		"payload-contradicts-format", dissect.Error, "The payload is not what its Content-Format says",
		"RFC 7252 §5.10.3", "Send the payload in the format that is named, or name the one it is in.",
		atPayload, "{a format}", "", // see contradiction
	},
	ruleObserveNotAsked: {
		"observe-not-asked", dissect.Error, "Observe in the response to a request that does not register",
		"RFC 7641 §4.1", "Leave Observe out of responses to requests without it, and to deregistrations.",
		atOption(protocol.Observe), "no Observe, as frame {frame} does not register", "Observe",
	},
	ruleObserveTwice: {
		"observed-twice", dissect.Warning, "The client observes this resource already",
		"RFC 7641 §3.1", "Share one observation, or register again with the same token.",
		atToken, "the token of frame {frame}, or no registration", "a second registration with another token",
	},
	ruleObserveOptions: {
		"observe-options-differ", dissect.Error, "Other options than in the registration",
		"RFC 7641 §3.6", "Register again and deregister with all options of the registration, but for Observe and ETag.",
		atOption(protocol.Observe), "the options of frame {frame}", "other options",
	},
	ruleReregistrationEarly: {
		"reregistration-early", dissect.Note, "Registered again while the last notification is fresh",
		"RFC 7641 §3.3.1", "Wait until Max-Age is over, and a random time of 5 to 15 seconds more.",
		atOption(protocol.Observe), "{a s} or more after frame {frame}", "{b s}",
	},
	ruleStale: {
		"notification-stale", dissect.Note, "A notification that is older than one before",
		"RFC 7641 §3.4", "It was overtaken on its way, and a client ignores it; if not, the server numbers wrongly.",
		atOption(protocol.Observe), "a number after {a}", "{b}",
	},
	ruleSequenceRepeated: {
		"observe-number-repeated", dissect.Error, "Two notifications with the same number",
		"RFC 7641 §4.4", "Give each notification a greater number than the one before.",
		atOption(protocol.Observe), "a number after {a}, see frame {frame}", "{a} again",
	},
	ruleNotificationFormat: {
		"notification-format-changed", dissect.Error, "A notification in another Content-Format than the first response",
		"RFC 7641 §4.2", "Keep the format, or end the observation with 4.06.",
		atOption(protocol.ContentFormatOption), "{a format}, as in frame {frame}", "{b format}",
	},
	ruleNotificationPlain: {
		"notification-without-observe", dissect.Error, "A successful notification without Observe",
		"RFC 7641 §4.2", "Send each 2.xx notification with Observe; without it, the client takes the observation for ended.",
		atCode, "Observe with a number", "none",
	},
	ruleAfterDeregistration: {
		"notification-after-deregistration", dissect.Warning, "A notification after the deregistration was answered",
		"RFC 7641 §4.1", "Remove the client from the list of observers when it deregisters.",
		atOption(protocol.Observe), "none after frame {frame}", "a notification",
	},
	ruleAfterReset: {
		"notification-after-reset", dissect.Warning, "A notification after the client rejected one",
		"RFC 7641 §4.5", "Remove the client from the list of observers when a Reset comes.",
		atOption(protocol.Observe), "none after frame {frame}", "a notification {a s} later",
	},
	ruleAfterEnd: {
		"notification-after-end", dissect.Error, "A notification after the server ended the observation",
		"RFC 7641 §4.2", "Remove the client from the list of observers with an error, or a response without Observe.",
		atOption(protocol.Observe), "none after frame {frame}", "a notification",
	},
	ruleAfterTimeout: {
		"notification-after-timeout", dissect.Error, "A notification although a Confirmable one was never acknowledged",
		"RFC 7641 §4.5", "Remove the client from the list of observers when the last retransmission of a notification times out.",
		atMessageID, "none after frame {frame} timed out", "a notification {a s} later",
	},
	ruleNoConfirmable: {
		"no-confirmable-in-24-hours", dissect.Error, "No Confirmable notification for 24 hours",
		"RFC 7641 §4.5", "Send a notification as Confirmable at least every 24 hours, to see that the client is still there.",
		atType, "CON, as the last one was frame {frame}", "NON after {a s}",
	},

	ruleBlockGap: {
		"block-gap", dissect.Warning, "A block of the request is left out",
		"RFC 7959 §2.5", "Send the blocks in order from 0; a server answers 4.08.",
		atPart(protocol.Block1, dissect.BlockNum), "byte {a} of the body next", "byte {b}",
	},
	ruleBlockOverlap: {
		"block-overlap", dissect.Warning, "A block repeats bytes that were sent and answered",
		"RFC 7959 §2.5", "Send the blocks in order from 0.",
		atPart(protocol.Block1, dissect.BlockNum), "byte {a} of the body next", "byte {b}",
	},
	ruleBlock1Larger: {
		"block1-size-larger", dissect.Warning, "A block of another size than the transfer has come down to",
		"RFC 7959 §2.5", "Use the block size that the server prefers, or a smaller one, to the end of the transfer.",
		atPart(protocol.Block1, dissect.BlockSZX), "at most {a} bytes", "{b} bytes",
	},
	ruleBlockFormat: {
		"block-format-changed", dissect.Error, "The Content-Format changes within a body",
		"RFC 7959 §2.3", "Give each block the Content-Format of the whole body.",
		atOption(protocol.ContentFormatOption), "{a format}", "{b format}",
	},
	ruleBlock1NotAcknowledged: {
		"block1-not-acknowledged", dissect.Warning, "The response to a block has no Block1",
		"RFC 7959 §2.3", "Say in each response which block it acknowledges; Block1 is critical, so who does not know it answers 4.02.",
		atCode, "Block1 with NUM {a}", "none",
	},
	ruleBlock1Mismatch: {
		"block1-mismatch", dissect.Error, "The response acknowledges another block",
		"RFC 7959 §2.3", "Echo the NUM of the request's Block1.",
		atPart(protocol.Block1, dissect.BlockNum), "NUM {a}, as in frame {frame}", "NUM {b}",
	},
	ruleBlock1Grown: {
		"block1-size-grown", dissect.Error, "The server asks for larger blocks than the client sends",
		"RFC 7959 §2.3", "Ask for the size of the request's block or a smaller one.",
		atPart(protocol.Block1, dissect.BlockSZX), "at most {a} bytes", "{b} bytes",
	},
	ruleContinueUnasked: {
		"continue-unasked", dissect.Error, "2.31 Continue where no block follows",
		"RFC 7959 §2.9.1", "Answer the last block, or a request without blocks, with its final response.",
		atCode, "a final response, as frame {frame} has no M set", "2.31 Continue",
	},
	ruleIncompleteUnasked: {
		"incomplete-unasked", dissect.Warning, "4.08 to a request without blocks",
		"RFC 7959 §2.9.2", "4.08 tells that blocks before the last one are missing.",
		atCode, "another error, as frame {frame} has no Block1", "4.08 Request Entity Incomplete",
	},
	ruleSize1: {
		"size1-mismatch", dissect.Note, "Size1 is not the size of the body",
		"RFC 7959 §4", "Give the size of the whole body; it is an estimate.",
		atOption(protocol.Size1), "{a} bytes", "{b} bytes",
	},
	ruleBlock2Wrong: {
		"block2-wrong-block", dissect.Error, "The response is another block than the one asked for",
		"RFC 7959 §2.4", "Send the block that begins at the byte that NUM and SZX of the request say.",
		atPart(protocol.Block2, dissect.BlockNum), "byte {a} of the body, by frame {frame}", "byte {b}",
	},
	ruleBlock2Larger: {
		"block2-size-larger", dissect.Error, "The block is larger than the client asks for",
		"RFC 7959 §2.4", "Use the block size that the request indicates, or a smaller one.",
		atPart(protocol.Block2, dissect.BlockSZX), "at most {a} bytes", "{b} bytes",
	},
	ruleBlock2Size: {
		"block2-size-changed", dissect.Error, "The block size changes within a body",
		"RFC 7959 §2.4", "Keep the size of the first block that was sent by the client's wish.",
		atPart(protocol.Block2, dissect.BlockSZX), "{a} bytes", "{b} bytes",
	},
	ruleBlock2RequestSize: {
		"block2-request-size", dissect.Error, "The client asks for another block size than the server uses",
		"RFC 7959 §2.4", "Ask for further blocks with the SZX of the first response.",
		atPart(protocol.Block2, dissect.BlockSZX), "{a} bytes", "{b} bytes",
	},
	ruleBlock2Order: {
		"block2-out-of-order", dissect.Note, "Blocks are asked for out of order",
		"RFC 7959 §2.4", "Any order is allowed, but servers that keep no state may answer better in order.",
		atPart(protocol.Block2, dissect.BlockNum), "byte {a} of the body next", "byte {b}",
	},
	ruleBlock2Sequential: {
		"block2-after-block1-order", dissect.Error, "Blocks of the response to an upload are asked for out of order",
		"RFC 7959 §2.7", "Ask for the response to a request that used Block1 block by block.",
		atPart(protocol.Block2, dissect.BlockNum), "byte {a} of the body next", "byte {b}",
	},
	ruleBlock2Missing: {
		"block2-missing", dissect.Error, "The response to a request for a later block has no Block2",
		"RFC 7959 §2.4", "Send the block that was asked for; Block2 is critical, so who does not know it answers 4.02.",
		atCode, "Block2 with the bytes from {a} on, by frame {frame}", "none",
	},
	ruleBlockBeyondEnd: {
		"block-beyond-end", dissect.Warning, "A block behind the last one is asked for",
		"RFC 7959 §2.4", "The block without M is the last one.",
		atPart(protocol.Block2, dissect.BlockNum), "a byte before {a}, where the body ends", "byte {b}",
	},
	ruleBlockETag: {
		"block-etag-changed", dissect.Warning, "The ETag changes within a body",
		"RFC 7959 §2.4", "The resource has changed: begin again with block 0, as these blocks do not fit together.",
		atOption(protocol.ETag), "the ETag of frame {frame}", "another one, or none",
	},
	ruleSize2: {
		"size2-mismatch", dissect.Note, "Size2 is not the size of the body",
		"RFC 7959 §4", "Give the size of the whole body; it is an estimate.",
		atOption(protocol.Size2), "{a} bytes", "{b} bytes",
	},

	ruleEchoNotReturned: {
		"echo-not-returned", dissect.Warning, "The Echo value is not returned in the next request",
		"RFC 9175 §2.3", "Send the request with the Echo value that the server gave.",
		atCode, "Echo with the value of frame {frame}", "none",
	},
	ruleEchoChanged: {
		"echo-changed", dissect.Warning, "The Echo value is not the one that the server gave",
		"RFC 9175 §2.3", "Return the value unchanged, and to no other endpoint.",
		atOption(protocol.Echo), "the value of frame {frame}", "another one",
	},
	ruleRequestTag: {
		"request-tag-changed", dissect.Error, "The Request-Tag changes within a body",
		"RFC 9175 §3.3", "Send the same Request-Tag, or none, with all blocks of a request.",
		atPart(protocol.Block1, dissect.BlockNum), "the Request-Tag of frame {frame}", "another one, or none",
	},
	ruleRequestTagAgain: {
		"request-tag-reused", dissect.Error, "A Request-Tag stands for two bodies in Q-Block1 blocks",
		"RFC 9177 §4.3", "Give each body a Request-Tag of its own, and the same Size1 in all blocks of it (§4.6).",
		atOption(protocol.RequestTag), "another than for the body of {a} bytes in frame {frame}", "the same, with Size1 {b}",
	},
	ruleExtendedTokenNON: {
		"extended-token-non-confirmable", dissect.Warning, "An extended token is tried in a Non-confirmable message",
		"RFC 8974 §2.2.2", "Try extended tokens with a Confirmable request: only that gets a Reset from who does not know them.",
		atType, "CON", "NON with a token of {a} bytes",
	},
	ruleExtendedTokenRefused: {
		"extended-token-refused", dissect.Warning, "An extended token to an endpoint that rejected one",
		"RFC 8974 §2.2.2", "Use tokens of at most 8 bytes with this endpoint.",
		atToken, "at most 8 bytes, as frame {frame} rejected more", "{a} bytes",
	},
	ruleExtendedTokenReset: {
		"extended-token-rejected", dissect.Error, "A Reset of an extended token from an endpoint that knows them",
		"RFC 8974 §2.2.2", "Answer 5.03 or 4.00 where a token is too long for now or for ever.",
		atType, "5.03 or 4.00, as frame {frame} was answered", "RST",
	},
	ruleExtendedTokenCSM: {
		"extended-token-too-long", dissect.Error, "The token is longer than the peer takes",
		"RFC 8974 §2.2.1", "Heed Extended-Token-Length of the peer's CSM, 8 bytes where it has none.",
		atToken, "at most {a} bytes, by the CSM in frame {frame}", "{b} bytes",
	},

	ruleCSMMissing: {
		"csm-missing", dissect.Error, "The first message of a connection is not a CSM",
		"RFC 8323 §5.3", "Send a CSM before any other message; the peer aborts the connection.",
		atCode, "7.01 CSM", "{a code}",
	},
	ruleMessageSize: {
		"max-message-size-exceeded", dissect.Error, "The message is larger than the peer takes",
		"RFC 8323 §5.3.1", "Heed Max-Message-Size of the peer's CSM, 1152 bytes where it has none, and send in blocks.",
		atPayload, "at most {a} bytes, by the CSM in frame {frame}", "{b} bytes",
	},
	ruleBERT: {
		"bert-not-announced", dissect.Error, "BERT to a peer that does not take it",
		"RFC 8323 §6", "Use SZX 7 only if the peer's CSM has Block-Wise-Transfer and a Max-Message-Size above 1152.",
		atCode, "SZX 0 to 6, by the CSM in frame {frame}", "SZX 7",
	},
	rulePong: {
		"pong-unasked", dissect.Warning, "A Pong that no Ping fits",
		"RFC 8323 §5.4", "Answer a Ping with its token.",
		atToken, "the token of a Ping", "another one",
	},
	ruleAfterRelease: {
		"request-after-release", dissect.Warning, "A request on a connection that its sender is releasing",
		"RFC 8323 §5.5", "Send no more requests after a Release message.",
		atCode, "responses only after frame {frame}", "{a code}",
	},
	ruleAfterAbort: {
		"message-after-abort", dissect.Warning, "A message on a connection that its sender has aborted",
		"RFC 8323 §5.6", "Close the connection after an Abort message.",
		atCode, "nothing after frame {frame}", "{a code}",
	},
}

// rules are the rows as others see them.
var rules = func() (all [ruleCount]dissect.Rule) {
	for i := range rows {
		r := &rows[i]
		all[i] = dissect.Rule{ID: r.id, Severity: r.severity, Title: r.title, Reference: r.reference, Suggestion: r.suggestion}
	}
	return all
}()

// Rules gives all rules that need what went before. Those of one message are those of package dissect.
func Rules() []dissect.Rule { return rules[1:] }
