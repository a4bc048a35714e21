#include "rpc/internal/server_service.h"

#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "rpc/internal/unary_call.h"

namespace blasty::rpc {

uint64_t ResidentBytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr) return 0;
    unsigned long long all = 0, resident = 0;
    const int fields = std::fscanf(file, "%llu %llu", &all, &resident);
    std::fclose(file);
    return fields == 2 ? resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

namespace {

void Fill(const engine::EngineInfo& info, v1::TablesInfo* proto) {
    const tables::TablesStats& stats = info.tables;
    proto->set_tables(stats.tables);
    proto->set_applied_sequence(stats.applied.value());
    proto->set_durable_sequence(stats.durable.value());
    proto->set_history_from(info.tables_history_from.value());
    proto->set_commits(stats.commits);
    proto->set_requests(stats.requests);
    proto->set_failed(stats.failed);
    proto->set_duplicates(stats.duplicates);
    proto->set_rows_changed(stats.rows_changed);
    proto->set_queries(stats.queries);
    proto->set_rows_read(stats.rows_read);
    proto->set_wal_bytes(stats.wal_bytes);
    proto->set_checkpoints(stats.checkpoints);
}

void Fill(const live::LiveStats& stats, v1::LiveInfo* proto) {
    proto->set_subscriptions(stats.subscriptions);
    proto->set_feeds(stats.feeds);
    proto->set_filters(stats.filters);
    proto->set_joins(stats.joins);
    proto->set_aggregates(stats.aggregates);
    proto->set_top_ks(stats.top_ks);
    proto->set_reevaluated(stats.reevaluated);
    proto->set_templates(stats.templates);
    proto->set_residuals(stats.residuals);
    proto->set_window_bytes(stats.window_bytes);
    proto->set_position(stats.position.value());
    proto->set_changes(stats.changes);
    proto->set_candidates(stats.candidates);
    proto->set_evaluations(stats.evaluations);
    proto->set_residual_evaluations(stats.residual_evaluations);
    proto->set_reevaluations(stats.reevaluations);
    proto->set_events(stats.events);
    proto->set_resets(stats.resets);
    proto->set_fallbacks(stats.fallbacks);
    proto->set_increments(stats.increments);
}

}  // namespace

grpc::ServerUnaryReactor* ServerService::GetInfo(grpc::CallbackServerContext* context,
                                                 const v1::GetInfoRequest*,
                                                 v1::ServerInfo* response) {
    return RunBlocking(admin_, context, [this, response] {
        const engine::EngineInfo info = engine_.info();
        const Status health = engine_.health();
        response->set_version(options_.version);
        response->set_server_id(info.server_id);
        response->set_started_us(info.started_us);
        response->set_now_us(SystemClock().NowMicros());
        response->set_healthy(health.ok());
        response->set_health_reason(ReasonOf(health));
        response->set_health_message(std::string(MessageOf(health)));
        response->set_unsafe(info.unsafe);
        response->set_data_directory(info.data_directory);
        response->set_free_bytes(info.free_bytes);
        const topics::TopicsStats& stats = info.topics;
        response->set_oldest_sequence(stats.log.oldest.value());
        response->set_last_sequence(stats.log.last.value());
        response->set_log_bytes(stats.log.stored_bytes);
        response->set_log_segments(stats.log.segments);
        response->set_topics(stats.topics);
        response->set_inboxes(stats.inboxes);
        response->set_readers(stats.readers);
        response->set_members(stats.members);
        response->set_published(stats.published);
        response->set_duplicates(stats.duplicates);
        response->set_delivered(stats.delivered);
        response->set_acked(stats.acked);
        response->set_redelivered(stats.redelivered);
        response->set_dead_letters(stats.dead_letters);
        response->set_memory_bytes(ResidentBytes());
        response->set_message_bytes_max(options_.message_bytes_max);
        Fill(info, response->mutable_tables());
        Fill(info.live, response->mutable_live());
        return OkStatus();
    });
}

}  // namespace blasty::rpc
