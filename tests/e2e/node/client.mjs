// What the walks share: services loaded from api/, and calls as promises.
import assert from "node:assert/strict";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

export const API = process.env.BLASTY_API;
export const ADDRESS = process.env.BLASTY_SERVER;
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };

export function load(file, includes = API) {
    return grpc.loadPackageDefinition(loader.loadSync(path.join(includes, file), { ...OPTIONS, includeDirs: [includes] }));
}

export const { Topics } = load("blasty/v1/topics.proto").blasty.v1;
export const { Server } = load("blasty/v1/server.proto").blasty.v1;
export const proximo = load("proximo/proximo.proto").proximo;

// A client with a connection of its own.
export function connect(Service, options = {}) {
    return new Service(ADDRESS, grpc.credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1, ...options });
}

export function unary(client, method, request, options = { deadline: Date.now() + 30_000 }) {
    return new Promise((resolve, reject) =>
        client[method](request, options, (error, answer) => (error ? reject(error) : resolve(answer))));
}

// The error of a call that must fail, with its code and reason word.
export async function refused(promise, code, reason) {
    const error = await promise.then(
        (value) => assert.fail(`answered ${JSON.stringify(value)}, wanted ${reason}`), (e) => e);
    assert.equal(error.code, grpc.status[code], error.message);
    if (reason !== undefined) assert.equal(error.metadata.get("blasty-reason")[0], reason, error.message);
    return error;
}

// A bidirectional call whose answers are taken one by one.
export class Stream {
    constructor(call) {
        this.call = call;
        this.answers = [];
        this.waiting = null;
        this.status = null;
        call.on("data", (answer) => { this.answers.push(answer); this.wake(); });
        call.on("error", () => {});  // told by the status
        call.on("status", (status) => { this.status = status; this.wake(); });
    }

    wake() {
        const waiting = this.waiting;
        this.waiting = null;
        waiting?.();
    }

    // The next answer; null at the end.
    async next() {
        while (this.answers.length === 0 && this.status === null) await new Promise((resolve) => { this.waiting = resolve; });
        return this.answers.shift() ?? null;
    }

    write(request) { this.call.write(request); }
    end() { this.call.end(); }

    // Drops what still comes; the status.
    async finished() {
        while (await this.next() !== null) continue;
        return this.status;
    }
}

// Messages of a consume stream until there are `count`.
export async function take(stream, count) {
    const messages = [];
    while (messages.length < count) {
        const answer = await stream.next();
        assert.ok(answer, `the stream ended: ${stream.status?.details}`);
        if (answer.batch) messages.push(...answer.batch.messages);
    }
    assert.equal(messages.length, count);
    return messages;
}

export const texts = (messages) => messages.map((m) => m.message.payload.toString());
