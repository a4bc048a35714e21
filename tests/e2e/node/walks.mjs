// Blasty through Node's own gRPC: node walks.mjs, with BLASTY_SERVER and BLASTY_API set. See ../e2e_node.
import assert from "node:assert/strict";
import http2 from "node:http2";
import { fileURLToPath } from "node:url";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { ADDRESS, Server, Stream, Topics, connect, load, proximo, refused, take, texts, unary } from "./client.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const walks = {
    async unary_publish(topics) {
        const first = await unary(topics, "Publish", {
            topic: "unary",
            messages: [
                { payload: Buffer.from("one"), key: Buffer.from([0, 255]), id: "id-1", event_time_us: 1_700_000_000_000_000,
                  headers: [{ name: "type", value: Buffer.from("text") }, { name: "type", value: Buffer.from([200]) }] },
                { payload: Buffer.from("two") }],
        });
        assert.equal(first.sequences.length, 2);
        const again = await unary(topics, "Publish", { topic: "unary", messages: [{ payload: Buffer.from("x"), id: "id-1" }] });
        assert.deepEqual([again.sequences, again.duplicates], [[first.sequences[0]], [0]]);
        const [one, two] = await readAll(topics, "unary", 2);
        assert.equal(one.sequence, first.sequences[0]);
        assert.deepEqual([...one.message.key], [0, 255]);
        assert.deepEqual(one.message.headers.map((h) => [h.name, [...h.value]]), [["type", [...Buffer.from("text")]], ["type", [200]]]);
        assert.equal(one.message.event_time_us, 1_700_000_000_000_000);
        assert.equal(two.message.payload.toString(), "two");
    },

    async errors_have_words(topics) {
        await refused(unary(topics, "GetTopic", { name: "größe✓" }), "NOT_FOUND", "TOPIC_NOT_FOUND")
            .then((e) => assert.ok(e.details.includes("größe✓"), e.details));
        await refused(unary(topics, "Publish", { topic: "a b", messages: [{}] }), "INVALID_ARGUMENT", "INVALID_NAME");
        await refused(unary(topics, "Publish", { topic: "t" }), "INVALID_ARGUMENT", "NO_MESSAGES");
        await refused(unary(topics, "Publish", { topic: "t", messages: [{ payload: Buffer.alloc(9 << 20) }] }),
                      "INVALID_ARGUMENT", "MESSAGE_TOO_LARGE");
        await refused(unary(topics, "DeleteTopic", { name: "unary" }), "INVALID_ARGUMENT", "CONFIRMATION_MISSING");
    },

    async publish_stream_and_half_close(topics) {
        const stream = new Stream(topics.PublishStream());
        const count = 3000;
        for (let i = 0; i < count; ++i)
            stream.write({ topic: i === 0 ? "streamed" : "", messages: [{ payload: Buffer.from(`m${i}`) }, { payload: Buffer.from(`n${i}`) }] });
        stream.end();
        let answered = 0;
        let sequences = 0;
        for (let answer; (answer = await stream.next()) !== null;) {
            assert.equal(answer.first_request, answered + 1);
            answered = answer.last_request;
            for (const run of answer.runs) sequences += run.count;
        }
        assert.deepEqual([stream.status.code, answered, sequences], [grpc.status.OK, count, 2 * count]);
        const got = texts(await readAll(topics, "streamed", 2 * count));
        assert.deepEqual(got, Array.from({ length: count }, (_, i) => [`m${i}`, `n${i}`]).flat());
    },

    async publish_stream_error_names_the_request(topics) {
        const stream = new Stream(topics.PublishStream());
        for (const topic of ["good", "b a d", "good"]) stream.write({ topic, messages: [{ payload: Buffer.from(topic) }] });
        const status = await stream.finished();
        assert.equal(status.code, grpc.status.INVALID_ARGUMENT);
        assert.equal(status.metadata.get("blasty-reason")[0], "INVALID_NAME");
        assert.equal(status.metadata.get("blasty-place")[0], "request 2");
    },

    async inbox_with_acks_and_half_close(topics) {
        await publish(topics, "work", Array.from({ length: 10 }, (_, i) => `w${i}`));
        const member = new Stream(topics.Consume());
        member.write({ start: { topics: ["work"], inbox: "node", messages: 4 } });
        const started = await member.next();
        assert.equal(started.started.inbox_created, true);
        const first = await take(member, 4);
        assert.deepEqual([texts(first), first[0].attempt], [["w0", "w1", "w2", "w3"], 1]);
        member.write({ nack: { sequence: first[0].sequence } });
        member.write({ credit: { messages: 7 } });
        const more = await take(member, 7);
        assert.equal(more.find((m) => m.sequence === first[0].sequence).attempt, 2);
        member.write({ extend: { sequence: more[0].sequence } });
        member.write({ ack: { sequences: [1_000_000] } });
        // Acked and ended without waiting: half-close makes what was acked durable.
        member.write({ ack: { sequences: [...new Set([...first, ...more].map((m) => m.sequence))] } });
        member.end();
        let acked = 0;
        const strange = [];
        for (let answer; (answer = await member.next()) !== null;) {
            if (answer.acked) acked = answer.acked.ack_requests;
            if (answer.not_in_flight) strange.push(...answer.not_in_flight.sequences);
        }
        assert.deepEqual([member.status.code, acked, strange], [grpc.status.OK, 2, [1_000_000]]);
        const inbox = await unary(topics, "GetInbox", { name: "node" });
        assert.deepEqual([inbox.pending, inbox.in_flight, inbox.members], [0, 0, 0]);
    },

    async cancel_gives_messages_to_another_member(topics) {
        await publish(topics, "jobs", ["j0", "j1"]);
        const request = { start: { topics: ["jobs"], inbox: "jobs" } };
        const one = new Stream(topics.Consume());
        one.write(request);
        assert.deepEqual(texts(await take(one, 2)), ["j0", "j1"]);
        one.call.cancel();
        assert.equal((await one.finished()).code, grpc.status.CANCELLED);
        const other = new Stream(topics.Consume());
        other.write(request);
        const again = await take(other, 2);
        assert.deepEqual(again.map((m) => m.attempt), [2, 2]);
        other.call.cancel();
        await other.finished();
    },

    async deadlines(topics) {
        const waiting = new Stream(topics.Consume({ deadline: Date.now() + 300 }));
        waiting.write({ start: { topics: ["nothing-comes"] } });
        assert.equal((await waiting.finished()).code, grpc.status.DEADLINE_EXCEEDED);
        await refused(unary(topics, "Publish", { topic: "t", messages: [{}] }, { deadline: Date.now() - 1 }), "DEADLINE_EXCEEDED");
        await publish(topics, "nothing-comes", ["after all"]);
    },

    async a_slow_reader_loses_nothing(topics) {
        const reader = connect(Topics);
        const call = reader.Consume();
        call.write({ start: { topics: ["flood"], start: { newest: true }, batch_bytes_max: 4096 } });
        call.on("error", () => {});
        call.pause();
        await new Promise((resolve) => { call.on("metadata", resolve); });
        const sent = Array.from({ length: 20_000 }, (_, i) => `${i} ${"x".repeat(200)}`);
        for (let i = 0; i < sent.length; i += 1000) await publish(topics, "flood", sent.slice(i, i + 1000));
        const got = [];
        call.resume();
        await new Promise((resolve, reject) => {
            call.on("status", (status) => reject(new Error(`ended: ${status.details}`)));
            call.on("data", (answer) => {
                if (answer.batch) got.push(...answer.batch.messages.map((m) => m.message.payload.toString()));
                if (got.length >= sent.length) resolve();
            });
        });
        assert.deepEqual(got, sent);
        call.cancel();
        reader.close();
    },

    async gzip(topics) {
        const zipped = connect(Topics, { "grpc.default_compression_algorithm": 2 });
        await publish(zipped, "zipped", ["z".repeat(100_000)]);
        const stream = new Stream(zipped.PublishStream());
        stream.write({ topic: "zipped", messages: [{ payload: Buffer.from("y".repeat(100_000)) }] });
        stream.end();
        assert.equal((await stream.finished()).code, grpc.status.OK);
        assert.deepEqual(texts(await readAll(zipped, "zipped", 2)).map((t) => [t[0], t.length]), [["z", 100_000], ["y", 100_000]]);
        zipped.close();
    },

    async health() {
        const { Health } = load("health.proto", HERE).grpc.health.v1;
        const health = connect(Health);
        assert.equal((await unary(health, "Check", {})).status, "SERVING");
        assert.equal((await unary(health, "Check", { service: "blasty.v1.Topics" })).status, "SERVING");
        await refused(unary(health, "Check", { service: "no.such" }), "NOT_FOUND");
        const watch = new Stream(health.Watch({}));
        assert.equal((await watch.next()).status, "SERVING");
        watch.call.cancel();
        await watch.finished();
        health.close();
    },

    async reflection() {
        const { ServerReflection } = load("reflection.proto", HERE).grpc.reflection.v1alpha;
        const reflection = connect(ServerReflection);
        const stream = new Stream(reflection.ServerReflectionInfo());
        stream.write({ list_services: "" });
        const names = (await stream.next()).list_services_response.service.map((s) => s.name);
        for (const name of ["blasty.v1.Topics", "blasty.v1.Server", "proximo.MessageSource", "proximo.MessageSink", "grpc.health.v1.Health"])
            assert.ok(names.includes(name), `${name} is not in ${names}`);
        // A client made from nothing but what the server tells.
        stream.write({ file_containing_symbol: "blasty.v1.Server" });
        const described = (await stream.next()).file_descriptor_response.file_descriptor_proto;
        stream.end();
        assert.equal((await stream.finished()).code, grpc.status.OK);
        const set = Buffer.concat(described.map((file) => Buffer.concat([Buffer.from([10]), varint(file.length), file])));
        const made = grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromBuffer(set, { keepCase: true }));
        const info = await unary(connect(made.blasty.v1.Server), "GetInfo", {});
        assert.equal(info.healthy, true);
        reflection.close();
    },

    async keepalive_pings_without_a_call() {
        const session = http2.connect(`http://${ADDRESS}`);
        let goaway = null;
        session.on("goaway", (code) => { goaway = code; });
        await new Promise((resolve, reject) => { session.on("remoteSettings", resolve); session.on("error", reject); });
        for (let i = 0; i < 200; ++i)
            await new Promise((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
        assert.equal(goaway, null);
        // The connection still carries calls.
        const call = session.request({ ":method": "POST", ":path": "/blasty.v1.Server/GetInfo", "content-type": "application/grpc", te: "trailers" });
        const trailers = new Promise((resolve) => call.on("trailers", resolve));
        call.on("data", () => {});
        call.end(Buffer.alloc(5));
        assert.equal((await trailers)["grpc-status"], "0");
        session.close();
    },

    async two_hundred_streams_on_one_connection(topics) {
        const readers = Array.from({ length: 200 }, () => new Stream(topics.Consume()));
        for (const reader of readers) {
            reader.write({ start: { topics: ["fan", "fan.*"] } });
        }
        for (const reader of readers) assert.ok((await reader.next()).started);
        await publish(topics, "fan", ["a", "b"]);
        await publish(topics, "fan.out", ["c"]);
        for (const reader of readers) assert.deepEqual(texts(await take(reader, 3)), ["a", "b", "c"]);
        for (const reader of readers) reader.call.cancel();
        for (const reader of readers) assert.equal((await reader.finished()).code, grpc.status.CANCELLED);
    },

    async proximo_publish_and_consume() {
        const sink = connect(proximo.MessageSink);
        const source = connect(proximo.MessageSource);
        const publishing = new Stream(sink.Publish());
        publishing.write({ startRequest: { topic: "prox" } });
        const ids = Array.from({ length: 100 }, (_, i) => `uuid-${i}`);
        for (const id of ids) publishing.write({ msg: { id, data: Buffer.from(`data of ${id}`), key: Buffer.from("k") } });
        publishing.end();
        const confirmed = [];
        for (let answer; (answer = await publishing.next()) !== null;) confirmed.push(answer.msgID);
        assert.equal(publishing.status.code, grpc.status.OK);
        assert.deepEqual(confirmed.sort(), [...ids].sort());

        const consuming = new Stream(source.Consume());
        consuming.write({ startRequest: { topic: "prox", consumer: "node", initial_offset: "OFFSET_OLDEST" } });
        const got = [];
        while (got.length < ids.length) got.push(await consuming.next());
        assert.deepEqual(got.map((m) => m.data.toString()), ids.map((id) => `data of ${id}`));
        for (const message of [...got].reverse().slice(1)) consuming.write({ confirmation: { msgID: message.id } });
        consuming.end();
        assert.equal((await consuming.finished()).code, grpc.status.OK);

        const rest = new Stream(source.Consume());
        rest.write({ startRequest: { topic: "prox", consumer: "node" } });
        const last = await rest.next();
        assert.equal(last.data.toString(), "data of uuid-99");
        rest.write({ confirmation: { msgID: "0000000000000000" } });
        const status = await rest.finished();
        assert.deepEqual([status.code, status.details], [grpc.status.INVALID_ARGUMENT, "no message to confirm with id: 0000000000000000"]);
        const late = new Stream(source.Consume({ deadline: Date.now() + 300 }));
        late.write({ startRequest: { topic: "prox", consumer: "late", initial_offset: "OFFSET_NEWEST" } });
        assert.equal((await late.finished()).code, grpc.status.DEADLINE_EXCEEDED);
        const cancelled = new Stream(sink.Publish());
        cancelled.write({ startRequest: { topic: "prox" } });
        cancelled.call.cancel();
        assert.equal((await cancelled.finished()).code, grpc.status.CANCELLED);
        sink.close();
        source.close();
    },
};

function varint(n) {
    const bytes = [];
    for (; n > 127; n >>>= 7) bytes.push((n & 127) | 128);
    return Buffer.from([...bytes, n]);
}

function publish(topics, topic, payloads) {
    return unary(topics, "Publish", { topic, messages: payloads.map((p) => ({ payload: Buffer.from(p) })) });
}

// Everything a topic holds, which must be `count`.
async function readAll(topics, topic, count) {
    const stream = new Stream(topics.Consume());
    stream.write({ start: { topics: [topic], start: { oldest: true }, until_caught_up: true } });
    const messages = await take(stream, count);
    const status = await stream.finished();
    assert.equal(status.code, grpc.status.OK, status.details);
    return messages;
}

let passed = 0;
let failed = 0;
const topics = connect(Topics);
for (const [name, walk] of Object.entries(walks)) {
    if (process.argv.length > 2 && !process.argv.slice(2).includes(name)) continue;
    let timer;
    const deadline = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("no end within 60 s")), 60_000); });
    try {
        await Promise.race([walk(topics), deadline]);
        ++passed;
        console.log(`ok    ${name}`);
    } catch (error) {
        ++failed;
        console.log(`FAIL  ${name}: ${error.stack}`);
    }
    clearTimeout(timer);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
